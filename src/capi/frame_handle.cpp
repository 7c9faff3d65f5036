// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/frame_handle.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <unordered_map>
#include <utility>

#include "base/mutex.hpp"
#include "base/unique_fd.hpp"
#include "capi/guard.hpp"

namespace vsl::capi {
namespace {

/// Whose each number is that was handed out. A number that the kernel gives us again was closed by
/// the program; the frame that had it must not close it a second time, and cannot tell by looking:
/// the newer frame may lie in the same buffer.
class HandedOut {
 public:
  static HandedOut& instance() {
    static HandedOut& all = *new HandedOut;  // never destroyed: frames may end later than statics
    return all;
  }

  Result<int> make(const VSLFrame& frame, int of) VSL_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    VSL_TRY(UniqueFd fd, UniqueFd::duplicate(of));
    owners_[fd.get()] = &frame;
    return fd.release();
  }

  void close(const VSLFrame& frame, int fd) noexcept VSL_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = owners_.find(fd);
    if (found == owners_.end() || found->second != &frame) return;
    owners_.erase(found);
    close_if_same(fd, *frame.main_buffer());
  }

 private:
  Mutex mutex_;  ///< leaf: nothing is locked under it, and descriptors made and closed
  std::unordered_map<int, const VSLFrame*> owners_ VSL_GUARDED_BY(mutex_);
};

}  // namespace

Result<int> hand_out_descriptor(const VSLFrame& frame) {
  const Buffer* const buffer = frame.main_buffer();
  if (buffer == nullptr) {
    return Error::of(std::errc::bad_file_descriptor,
                     "vsl_frame_handle of a frame without memory; allocate or attach some");
  }
  // A decoder's buffers come round with the same number, by which programs know what they imported.
  if (frame.lent) return buffer->fd();
  if (frame.handed_out_fd < 0) {
    VSL_TRY(frame.handed_out_fd, HandedOut::instance().make(frame, buffer->fd()));
  }
  return frame.handed_out_fd;
}

void take_descriptor_back(VSLFrame& frame) noexcept {
  const int fd = std::exchange(frame.handed_out_fd, -1);
  if (fd >= 0 && frame.main_buffer() != nullptr) HandedOut::instance().close(frame, fd);
}

void close_if_same(int fd, const Buffer& memory) noexcept {
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) return;
  if (status.st_dev == memory.device() && status.st_ino == memory.inode()) ::close(fd);
}

}  // namespace vsl::capi

extern "C" int vsl_frame_handle(const VSLFrame* frame) {
  namespace capi = vsl::capi;
  if (frame == nullptr) return capi::failed(-1, EINVAL, "vsl_frame_handle of NULL");
  if (frame->callback_fd >= 0) return frame->callback_fd;
  return capi::guard<int>(-1, [&] { return capi::hand_out_descriptor(*frame); });
}
