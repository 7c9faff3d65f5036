// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "videostream/result.hpp"

namespace vsl::bench {

inline constexpr std::uint32_t kMaxClients = 512;
inline constexpr std::uint32_t kMaxPhaseFrames = 512;
inline constexpr std::uint32_t kStamps = 1024;  ///< a power of two; more than a phase posts

/// What the other process is there for.
enum class Role : std::uint32_t { measure, idle, traced_client, traced_host };

/// What all clients do next. `lock` and `lease` are done by client 0 alone.
enum class PhaseKind : std::uint32_t { floor, bus, lock, lease, quit };

/// Calls that the syscall counter tells apart; everything else is `none`.
enum class Region : std::uint32_t { none, receive, lock, acquire, publish, count };

/// Fixed before the first client starts.
struct Settings {
  char socket[108];
  Role role;
  std::uint32_t clients;
  std::uint32_t buffers;
  std::uint32_t fps;
  std::uint32_t fourcc, width_px, height_px;
  bool touch, c_api, in_order, pin;
  std::uint64_t frame_bytes;  ///< of one floor buffer; there are `buffers` of them when touching
};

/// Frames are numbered: by their serial on the bus, by the value of the word on the floor.
struct Phase {
  PhaseKind kind;
  std::uint32_t warmup;  ///< the first so many are not counted
  std::uint64_t first, last;
};

/// What one process used from its first counted frame to the last one.
struct Usage {
  std::uint64_t frames;
  std::int64_t cpu_ns;
  std::int64_t minor_faults;
  std::uint64_t allocations;
};

/// One client's account of the phase that just ended; the parent copies it out before the next.
struct alignas(128) PhaseResult {
  std::uint32_t samples;
  std::uint64_t fds_received, maps;
  Usage usage;
  std::array<std::int64_t, kMaxPhaseFrames> latency_ns;
  std::array<std::uint64_t, kMaxPhaseFrames> numbers;  ///< of the frames measured
};

/// Shared by the producer and its clients; this is the benchmark's own, no part of the bus.
struct Control {
  Settings settings;
  alignas(128) std::atomic<std::uint32_t> floor_word;
  alignas(
      128) std::atomic<std::uint32_t> phase_number;  ///< futex; `phase` is valid when it changes
  Phase phase;
  alignas(128) std::atomic<std::uint32_t> ready;  ///< clients about to wait for the first frame
  std::atomic<std::uint32_t> finished;            ///< clients done with the phase
  std::atomic<std::uint64_t> posted;              ///< lease phase: all serials up to this are out
  std::atomic<bool> failed;                       ///< the first client to fail says why
  char failure[256];                              ///< written before it ends
  std::atomic<Region> region;                     ///< where a traced process is
  alignas(128) std::array<std::atomic<std::int64_t>, kStamps> stamps_ns;
  std::array<PhaseResult, kMaxClients> clients;

  std::int64_t stamp_of(std::uint64_t number) const {
    return stamps_ns[number % kStamps].load(std::memory_order_acquire);
  }
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

/// Owns the shared mapping and, in the parent, the memfd it hands to its clients.
class ControlPage {
 public:
  static Result<ControlPage> create(const Settings& settings);
  /// Maps what the parent made. Takes the fd.
  static Result<ControlPage> attach(int fd);

  ControlPage(ControlPage&& other) noexcept;
  ControlPage& operator=(ControlPage&& other) noexcept;
  ~ControlPage();

  Control& operator*() const { return *control_; }
  Control* operator->() const { return control_; }
  int fd() const { return fd_; }
  /// Memory for the floor to touch, as much as the bus's pool has. Null when not touching.
  std::byte* floor_buffer(std::uint64_t number) const;

 private:
  ControlPage(int fd, Control* control, std::size_t bytes)
      : fd_(fd), control_(control), bytes_(bytes) {}
  int fd_ = -1;
  Control* control_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace vsl::bench
