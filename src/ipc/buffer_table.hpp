// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/unique_fd.hpp"
#include "videostream/buffer.hpp"
#include "wire/v2_layout.hpp"

namespace vsl::ipc {

/// The host's numbered buffers: which memory it has published, under which id its clients know it.
/// A pool's buffers stay while the pool lives. Other memory stays from its second sight on, as long
/// as it keeps coming; what was seen once goes when its frame goes, for a producer with a new
/// buffer per frame would otherwise pile them up. Thread-confined (the host's lock).
/// docs/spec/wire-v2.md#buffers
class BufferTable {
 public:
  struct Entry {
    std::uint64_t id = 0;  // 0 = empty
    std::shared_ptr<Buffer> buffer;
    std::uint32_t frames = 0;     // published frames that lie in it
    std::uint32_t last_slot = 0;  // of the newest of them
    bool keep = false;
    bool pooled = false;
    std::int64_t seen_ns = 0;
    UniqueFd reading;  ///< where the buffer's own fd would let others write or truncate it

    /// What clients are sent.
    int fd() const noexcept { return reading ? reading.get() : buffer->fd(); }
  };

  /// `access`: what clients may do with the buffers.
  BufferTable(wire::v2::Board& board, Access access);

  struct Added {
    std::uint32_t index = 0;
    bool is_new = false;  ///< no client can have it yet
  };
  /// A buffer's entry, made when it is new. Errors: no_buffer_space (1024 live), errno of opening
  /// memory for reading that is not sealed. Changes nothing when it fails.
  Result<Added> add(const std::shared_ptr<Buffer>& buffer, bool pooled,
                    std::int64_t now_ns) noexcept;
  void take_frame(std::uint32_t index, std::uint32_t slot) noexcept;
  void drop_frame(std::uint32_t index) noexcept;
  /// Forgets kept memory that has not been seen lately, or more of it than there is room for.
  void trim(std::int64_t now_ns) noexcept;

  const Entry& entry(std::uint32_t index) const noexcept { return entries_[index]; }
  /// The entry of an id a client asks for; nothing when it is gone.
  const Entry* find(std::uint64_t id) const noexcept;
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(used_.size()); }
  /// Indices in use.
  const std::vector<std::uint32_t>& used() const noexcept { return used_; }
  wire::v2::Board& board() const noexcept { return board_; }

 private:
  struct Identity {
    std::uint64_t device = 0, inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  static constexpr std::size_t kRemembered = 64;
  static constexpr std::size_t kKept = 64;
  static constexpr std::int64_t kUnseenNs = 2'000'000'000;

  Result<Added> add_new(const std::shared_ptr<Buffer>& buffer, bool pooled, std::int64_t now_ns);
  std::optional<std::uint32_t> index_of(const Buffer& buffer) const noexcept;
  bool seen_lately(Identity identity) noexcept;
  void remove(std::uint32_t index) noexcept;

  wire::v2::Board& board_;
  const Access access_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> used_, free_;
  std::vector<const Buffer*> used_buffers_;  // beside used_: what every publish looks through
  std::array<Identity, kRemembered> remembered_{};
  std::size_t next_remembered_ = 0;
};

}  // namespace vsl::ipc
