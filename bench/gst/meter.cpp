// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "meter.hpp"

#include <algorithm>
#include <cstring>

#include "memory.hpp"

namespace vsl::gst_bench {
namespace {

constexpr std::size_t kPageBytes = 4096;

std::int64_t now_ns(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

/// The last moment before the sink gets the buffer, in its first pixels.
void stamp(GstBuffer*& buffer) {
  buffer = gst_buffer_make_writable(buffer);
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_WRITE) == FALSE) return;
  const std::int64_t stamp_ns = now_ns();
  std::memcpy(map.data, &stamp_ns, sizeof stamp_ns);
  gst_buffer_unmap(buffer, &map);
}

struct Ages {
  std::int64_t seen_ns = 0, touched_ns = 0;
};

Ages look(GstBuffer* buffer) {
  const std::int64_t arrived_ns = now_ns();
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) return {};
  std::int64_t stamp_ns = 0;
  std::memcpy(&stamp_ns, map.data, sizeof stamp_ns);
  for (gsize at = 0; at < map.size; at += kPageBytes) {
    (void)*static_cast<const volatile guint8*>(map.data + at);
  }
  const Ages ages{arrived_ns - stamp_ns, now_ns() - stamp_ns};
  gst_buffer_unmap(buffer, &map);
  return ages;
}

}  // namespace

Meter::Meter(Side side) : side_(side) {
  const std::lock_guard lock(mutex_);
  begin_locked(now_ns());
}

void Meter::begin_locked(std::int64_t now) {
  begin_ns_ = last_ns_ = now;
  begin_cpu_ns_ = now_ns(CLOCK_PROCESS_CPUTIME_ID);
  longest_gap_ns_ = 0;
  frames_ = 0;
  seen_ns_.clear();
  touched_ns_.clear();
}

void Meter::pass(GstBuffer*& buffer) {
  const Ages ages = side_ == Side::consumer ? look(buffer) : Ages{};
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = now_ns();
    longest_gap_ns_ = std::max(longest_gap_ns_, now - last_ns_);
    last_ns_ = now;
    ++frames_;
    has_begun_ = true;
    if (side_ == Side::consumer) {
      seen_ns_.push_back(ages.seen_ns);
      touched_ns_.push_back(ages.touched_ns);
    }
  }
  if (side_ == Side::producer) stamp(buffer);
}

bool Meter::has_begun() const {
  const std::lock_guard lock(mutex_);
  return has_begun_;
}

nlohmann::json Meter::end_phase() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = now_ns();
  nlohmann::json phase = {
      {"elapsed_ns", now - begin_ns_},
      {"frames", frames_},
      {"cpu_ns", now_ns(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu_ns_},
      {"longest_gap_ns", std::max(longest_gap_ns_, now - last_ns_)},
      {"memory_bytes", memory_bytes()},
      {"seen_ns", seen_ns_},
      {"touched_ns", touched_ns_},
  };
  begin_locked(now);
  return phase;
}

}  // namespace vsl::gst_bench
