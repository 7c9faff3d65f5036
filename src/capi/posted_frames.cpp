// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/posted_frames.hpp"

#include <chrono>
#include <utility>

#include "base/clock.hpp"
#include "capi/guard.hpp"
#include "capi/host_object.hpp"
#include "ipc/capi_access.hpp"

namespace vsl::capi {

void PostedFrames::add(VSLFrame* frame) {
  const MutexLock lock(mutex_);
  records_[frame] = {};
  frame->posted = shared_from_this();
}

void PostedFrames::note_published(VSLFrame* frame, std::uint64_t serial, const FrameTimes& times) {
  const MutexLock lock(mutex_);
  const auto record = records_.find(frame);
  if (record == records_.end()) return;  // it expired already: the frame is gone
  record->second.serial = serial;
  frame->info.serial = serial;
  frame->info.times = times;
}

std::uint64_t PostedFrames::serial_of(VSLFrame* frame) {
  const MutexLock lock(mutex_);
  const auto record = records_.find(frame);
  return record != records_.end() ? record->second.serial : 0;
}

void PostedFrames::set_keep(VSLFrame* frame) {
  const MutexLock lock(mutex_);
  if (const auto record = records_.find(frame); record != records_.end())
    record->second.keep = true;
}

void PostedFrames::remove(VSLFrame* frame) {
  const MutexLock lock(mutex_);
  records_.erase(frame);
  frame->posted = nullptr;
}

void PostedFrames::release_frame(std::uint64_t token) noexcept {
  auto* const frame = reinterpret_cast<VSLFrame*>(static_cast<std::uintptr_t>(token));
  {
    const MutexLock lock(mutex_);
    const auto record = records_.find(frame);
    if (record == records_.end() || record->second.keep) return;
    records_.erase(record);
  }
  destroy(frame);
}

Result<void> PostedFrames::post(VSLFrame* frame, const FrameTimes& times) {
  FrameInfo info = frame->info;
  info.times = times;
  FrameTimes shown = times;
  const bool legacy_stride = frame->legacy_stride;
  end_cpu_access(*frame);
  add(frame);
  const auto published = [&]() -> Result<std::uint64_t> {
    const auto token = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(frame));
    auto wrapped = Frame::wrap(info, {frame->buffers.data(), info.layout.buffer_count},
                               shared_from_this(), token);
    if (!wrapped) return std::move(wrapped).error();
    auto serial = ipc::publish_for_c(host_, std::move(*wrapped), times.expires_ns, legacy_stride,
                                     kLockTimeoutNs, shown.published_ns);
    if (!serial) set_keep(frame);  // before `wrapped`, untouched, ends and calls release_frame
    return serial;
  }();
  if (!published) {
    remove(frame);
    return std::move(published).error();
  }
  note_published(frame, *published, shown);
  return {};
}

Result<void> PostedFrames::drop(VSLFrame* frame, std::int64_t lock_timeout_ns) {
  const std::uint64_t serial = serial_of(frame);
  if (serial == 0) {
    return Error::of(std::errc::no_such_file_or_directory,
                     "take a frame back that is not posted to this host");
  }
  VSL_TRY(Frame withdrawn, ipc::withdraw_for_c(host_, serial, lock_timeout_ns));
  set_keep(frame);
  withdrawn = Frame();
  remove(frame);
  return {};
}

bool PostedFrames::take_back(VSLFrame* frame) noexcept {
  // Release cannot fail; whoever has the host lets it go sooner or later.
  constexpr std::int64_t kNoTimeLimitNs = std::chrono::nanoseconds(std::chrono::hours(24)).count();
  return guard_status([&] { return drop(frame, kNoTimeLimitNs); }) == 0;
}

}  // namespace vsl::capi
