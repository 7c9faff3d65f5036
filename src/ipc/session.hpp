// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/fork_guard.hpp"
#include "base/unique_fd.hpp"
#include "frame/attach.hpp"
#include "ipc/buffer_cache.hpp"
#include "videostream/client.hpp"
#include "wire/v2_layout.hpp"

namespace vsl {

/// One connection to one life of a host, kept alive by the client and by every lease from it.
/// Leases live in records of fixed place, so that taking one allocates nothing.
struct Lease::Session : std::enable_shared_from_this<Lease::Session> {
  struct Record {
    wire::v2::Description description{};
    std::uint64_t serial = 0;
    std::uint64_t word = 0;  ///< v2: the ring word
    std::uint64_t skipped = 0;
    std::int64_t leased_ns = 0;  ///< 0 = do not account for the time it is held
    std::array<ipc::CachedBuffer*, kMaxPlanes> buffers{};
    std::array<std::uint64_t, kMaxPlanes> plane_bytes{};  ///< what a reader of a plane may touch
    std::atomic<std::uint32_t> cpu_access{0};             ///< bit per buffer: dma-buf bracket open
    bool v1_locked = false;
    std::int64_t v1_duration_ns = -1, v1_dts_ns = -1;
  };

  Session(int version_in, UniqueFd socket_in, std::uint32_t records_in);
  virtual ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A free record, or nothing: all leases are taken. Any thread.
  std::optional<std::uint32_t> take_record() noexcept;
  /// Ends a lease: brackets, wire, record. Any thread, never blocks.
  void end(std::uint32_t index) noexcept;
  /// The same for a record whose lease came to nothing.
  void cancel(std::uint32_t index) noexcept;

  /// Maps what a plane lies in and opens the dma-buf bracket. Any thread that has the lease.
  Result<std::byte*> plane_start(Record& record, std::uint32_t plane) const;
  FrameInfo info(const Record& record) const;
  virtual bool stands(const Record& record) const noexcept = 0;
  /// What a lease does not copy; false when there is none (any more).
  virtual bool details(const Record& record, wire::v2::Details& details) const noexcept = 0;

  const int version;
  const std::uint32_t max_records;  ///< frames held at once
  UniqueFd socket;
  ForkGuard fork_guard;
  std::array<Record, wire::v2::kMaxLeaseWords> records;
  ipc::BufferCache buffers;  ///< client's thread only
  const MapCounter maps = std::make_shared<std::atomic<std::uint64_t>>(0);

 protected:
  virtual void release(std::uint32_t index) noexcept = 0;
  /// The record that take_record() will give next, as far as one can know.
  std::uint32_t next_record() const noexcept {
    const std::uint64_t free = free_records_.load(std::memory_order_relaxed);  // a guess
    return free == 0 ? 0 : static_cast<std::uint32_t>(std::countr_zero(free));
  }
  void pin(Record& record) noexcept;
  void unpin(Record& record) noexcept;

 private:
  void give_record(std::uint32_t index) noexcept;
  std::atomic<std::uint64_t> free_records_;
};

}  // namespace vsl
