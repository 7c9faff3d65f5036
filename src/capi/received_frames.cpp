// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/received_frames.hpp"

#include <chrono>
#include <utility>

#include "capi/guard.hpp"
#include "ipc/capi_access.hpp"
#include "ipc/session.hpp"

namespace vsl::capi {
namespace {

/// How long a host of release 2.5 may take to answer a lock.
constexpr std::chrono::seconds kAskTimeout(1);

bool must_be_confirmed(const Lease& lease) { return lease.session()->version == 1; }

}  // namespace

ReceivedFrames::ReceivedFrames(Client client) : client_(std::move(client)) {
  spare_.reserve(kMaxSpare);
}

Lease ReceivedFrames::take_lease(VSLFrame& frame) {
  if (soft_ == &frame) soft_ = nullptr;
  if (std::exchange(frame.locks, 0) != 0) --locked_;
  return std::move(frame.lease);
}

void ReceivedFrames::give_back(VSLFrame& frame) noexcept {
  Lease lease;
  {
    const MutexLock lock(mutex_);
    lease = take_lease(frame);
  }
}

void ReceivedFrames::give_up_soft() {
  Lease lease;
  {
    const MutexLock lock(mutex_);
    if (soft_ != nullptr) lease = take_lease(*soft_);
  }
}

std::unique_ptr<VSLFrame> ReceivedFrames::make_frame() {
  {
    const MutexLock lock(mutex_);
    if (!spare_.empty()) {
      auto frame = std::move(spare_.back());
      spare_.pop_back();
      return frame;
    }
  }
  return std::make_unique<VSLFrame>();
}

Result<VSLFrame*> ReceivedFrames::wait(std::int64_t until_ns, std::int64_t timeout_ns) {
  give_up_soft();
  VSL_TRY(std::optional<Lease> lease, ipc::wait_frame_for_c(*client_, until_ns, timeout_ns));
  if (!lease) return nullptr;
  auto frame = make_frame();
  frame->info = lease->info();
  for (std::size_t i = 0; i < frame->info.layout.buffer_count; ++i) {
    frame->buffers[i] = ipc::lease_buffer(*lease, i);
  }
  frame->legacy_stride = ipc::lease_legacy_stride(*lease);
  frame->token = ipc::lease_token(*lease);
  frame->received = shared_from_this();
  const MutexLock lock(mutex_);
  frame->lease = std::move(*lease);
  soft_ = frame.get();
  return frame.release();
}

Result<void> ReceivedFrames::lock(VSLFrame& frame) {
  if (!client_) {
    return Error::of(std::errc::invalid_argument, "vsl_frame_trylock: its client was released");
  }
  {
    const MutexLock lock(mutex_);
    if (frame.locks > 0) {
      ++frame.locks;
      return {};
    }
    if (locked_ >= kMaxLocked) {
      return Error::of(std::errc::too_many_files_open,
                       "vsl_frame_trylock: 20 frames are locked; unlock some");
    }
    // A v1 frame stands only once it is locked: its host says whether it still can be.
    if (frame.lease && !must_be_confirmed(frame.lease) && !frame.lease.valid()) {
      return Error::of(std::errc::file_exists, "vsl_frame_trylock: the host took the frame back");
    }
    ++locked_;
    frame.locks = 1;
    if (soft_ == &frame) soft_ = nullptr;
    if (frame.lease && !must_be_confirmed(frame.lease)) return {};
  }
  auto asked = ask_for(frame);
  if (asked) return {};
  give_back(frame);
  if (asked.error().to_errno() != ESTALE) return asked;
  return Error::of(std::errc::file_exists, "vsl_frame_trylock: the host has recycled the frame");
}

Result<void> ReceivedFrames::ask_for(VSLFrame& frame) {
  // Ours alone now, without the lock: it is neither soft nor anybody else's to lock.
  if (!frame.lease) {
    VSL_TRY(frame.lease, ipc::lease_again(*client_, frame.token));
  }
  return ipc::confirm_lease(*client_, frame.lease, std::chrono::nanoseconds(kAskTimeout).count());
}

Result<void> ReceivedFrames::unlock(VSLFrame& frame) {
  Lease lease;
  {
    const MutexLock lock(mutex_);
    if (frame.locks == 0 || --frame.locks > 0) return {};
    --locked_;
    lease = std::move(frame.lease);
  }
  end_cpu_access(frame);
  if (!client_ || lease.valid()) return {};
  return Error::of(std::errc::file_exists,
                   "vsl_frame_unlock: the host had taken the frame back from us");
}

bool ReceivedFrames::valid(const VSLFrame& frame) {
  const MutexLock lock(mutex_);
  return frame.lease && frame.lease.valid();
}

void ReceivedFrames::close() noexcept {
  give_up_soft();
  client_.reset();
}

void ReceivedFrames::recycle(VSLFrame* frame) noexcept {
  std::unique_ptr<VSLFrame> object(frame);
  const auto received = std::move(object->received);  // the last one of a closed client ends it
  drop_memory(*object);
  received->give_back(*object);
  object->userptr = nullptr;
  received->keep_spare(std::move(object));
}

void ReceivedFrames::keep_spare(std::unique_ptr<VSLFrame> object) noexcept {
  const MutexLock lock(mutex_);
  if (spare_.size() < spare_.capacity()) spare_.push_back(std::move(object));
}

}  // namespace vsl::capi
