// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "time_slice.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>

namespace vsl::gst {
namespace {

/// struct sched_attr of sched_setattr(2) in its first size; the kernel's header of it gets into the
/// way of the C library's.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;  ///< the slice, of SCHED_OTHER
  std::uint64_t deadline_ns = 0, period_ns = 0;
};

std::optional<Attributes> attributes_of(pid_t thread) {
  Attributes attributes;
  if (::syscall(SYS_sched_getattr, thread, &attributes, sizeof attributes, 0) != 0) return {};
  return attributes;
}

bool set_slice(pid_t thread, Attributes attributes, std::uint64_t slice_ns) {
  attributes.runtime_ns = slice_ns;
  return ::syscall(SYS_sched_setattr, thread, &attributes, 0) == 0;
}

}  // namespace

void TimeSlice::shorten(std::int64_t slice_ns) {
  if (thread_ != 0 || slice_ns <= 0) return;
  thread_ = ::gettid();
  const auto now = attributes_of(thread_);
  const auto slice = static_cast<std::uint64_t>(slice_ns);
  const bool can = now && now->policy == SCHED_OTHER && now->runtime_ns > slice;
  if (can && set_slice(thread_, *now, slice)) before_ns_ = now->runtime_ns;
}

void TimeSlice::restore() {
  const pid_t thread = std::exchange(thread_, 0);
  const std::uint64_t before_ns = std::exchange(before_ns_, 0);
  // A pool of threads lends this one to others next, or has ended it.
  if (before_ns == 0 || ::syscall(SYS_tgkill, ::getpid(), thread, 0) != 0) return;
  if (const auto now = attributes_of(thread)) (void)set_slice(thread, *now, before_ns);
}

}  // namespace vsl::gst
