// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "convert/g2d/library.hpp"
#include "convert/g2d/reach.hpp"

namespace vsl::convert::g2d {

/// The physical addresses of buffers, asked for once per buffer. Those that are not met any more
/// are let go, since the library may keep their memory from being freed. Thread-confined.
class Addresses {
 public:
  Addresses(const Library& library, Reach (*reach)(const Buffer&))
      : library_(library), reach_(reach) {}
  ~Addresses();
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;

  /// Nothing: the engine cannot have it.
  std::optional<std::uint64_t> of(const Buffer& buffer);
  /// A picture is done: what none of the last 64 lay in is forgotten.
  void tick() noexcept;
  /// Gives nothing back: this process is a forked child, the addresses are its parent's.
  void abandon() noexcept { entries_.clear(); }

 private:
  struct Entry {
    std::uint64_t device = 0, inode = 0, last_use = 0;
    std::optional<std::uint64_t> address;
    void* memory = nullptr;  ///< the library's; null: there is none
    UniqueFd held;
  };
  Entry make(const Buffer& buffer);
  std::optional<std::uint64_t> address_in(const void* memory, std::uint64_t bytes) const;
  void drop(Entry& entry) noexcept;

  const Library& library_;
  Reach (*reach_)(const Buffer&);
  std::vector<Entry> entries_;
  std::uint64_t now_ = 0;  ///< pictures done
};

}  // namespace vsl::convert::g2d
