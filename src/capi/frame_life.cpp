// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>
#include <string_view>

#include "base/unique_fd.hpp"
#include "capi/frame_layout.hpp"
#include "capi/frame_object.hpp"
#include "capi/guard.hpp"
#include "capi/posted_frames.hpp"
#include "capi/received_frames.hpp"
#include "media/format_table.hpp"

namespace vsl::capi {
namespace {

PictureShape shape_of(const VSLFrame& frame) {
  const Layout& layout = frame.info.layout;
  return {layout.fourcc, layout.width_px, layout.height_px, frame.given_stride};
}

Layout without_memory(const Layout& layout) {
  return {.fourcc = layout.fourcc, .width_px = layout.width_px, .height_px = layout.height_px};
}

/// Closes the duplicate of a callback that will never see it, because the frame gets another. The
/// program may have closed it already and the number may be another file by now: only the same
/// memory is closed.
void close_orphan(VSLFrame& frame, const Buffer* before) {
  struct stat status {};
  const int fd = std::exchange(frame.callback_fd, -1);
  if (fd < 0 || before == nullptr || ::fstat(fd, &status) != 0) return;
  if (status.st_dev == before->device() && status.st_ino == before->inode()) ::close(fd);
}

/// Lets the memory go that new memory replaces.
void make_room(VSLFrame& frame) {
  const auto before = frame.buffers[0];
  drop_memory(frame);
  close_orphan(frame, before.get());
}

MemoryOptions memory_at(const char* path) {
  constexpr std::string_view kDevices = "/dev/";
  // As a C host publishes: whoever receives the frame may map it writable.
  if (path == nullptr) return {.access = Access::read_write};
  const bool heap = std::string_view(path).starts_with(kDevices);
  return {heap ? MemorySource::dma_heap : MemorySource::shm, path, Access::read_write};
}

Result<void> check_may_change_memory(const VSLFrame* frame, const char* what) {
  if (frame == nullptr) return Error::of(std::errc::invalid_argument, what);
  if (frame->is_own()) return {};
  return Error::of(std::errc::invalid_argument,
                   std::string(what) + (frame->posted ? ": the frame is posted; drop it first"
                                                      : ": a received frame has its memory"));
}

Result<void> allocate_memory(VSLFrame* frame, const char* path) {
  VSL_CHECK(check_may_change_memory(frame, "vsl_frame_alloc"));
  VSL_TRY(const Layout layout, picture_layout(shape_of(*frame), 0, 0));
  make_room(*frame);  // first: a shared memory name that is used again is unlinked by its old owner
  VSL_TRY(frame->buffers[0], Buffer::allocate(layout.buffer_bytes[0], memory_at(path)));
  frame->info.layout = layout;
  return {};
}

Result<void> attach_memory(VSLFrame* frame, int fd, std::size_t size, std::size_t offset) {
  VSL_CHECK(check_may_change_memory(frame, "vsl_frame_attach"));
  constexpr std::uint64_t kMostBytes = std::numeric_limits<std::int64_t>::max() / 2;
  if (size > kMostBytes || offset > kMostBytes) {
    return Error::of(std::errc::invalid_argument, "vsl_frame_attach: size and offset");
  }
  if (fd <= 0) {
    return Error::of(std::errc::bad_file_descriptor, "vsl_frame_attach fd " + std::to_string(fd));
  }
  VSL_TRY(const Layout layout, picture_layout(shape_of(*frame), size, offset));
  VSL_TRY(auto buffer, Buffer::attach(fd, layout.buffer_bytes[0]));
  UniqueFd for_callback;
  if (frame->cleanup != nullptr) {
    VSL_TRY(for_callback, UniqueFd::duplicate(fd));
  }
  make_room(*frame);
  frame->buffers[0] = std::move(buffer);
  frame->callback_fd = for_callback.release();
  frame->info.layout = layout;
  return {};
}

}  // namespace

void drop_memory(VSLFrame& frame) noexcept {
  end_cpu_access(frame);
  frame.buffers.fill(nullptr);
  frame.lent = Frame();
  frame.info.layout = without_memory(frame.info.layout);
}

void destroy(VSLFrame* frame) noexcept {
  frame->ending = true;
  drop_memory(*frame);
  if (frame->cleanup != nullptr) frame->cleanup(frame);
  delete frame;
}

}  // namespace vsl::capi

using vsl::Error;
using vsl::Result;
namespace capi = vsl::capi;

extern "C" VSLFrame* vsl_frame_init(uint32_t width, uint32_t height, uint32_t stride,
                                    uint32_t fourcc, void* userptr, vsl_frame_cleanup cleanup) {
  return capi::guard<VSLFrame*>(nullptr, [&]() -> Result<VSLFrame*> {
    if (width == 0 || height == 0 || fourcc == 0) {
      return Error::of(std::errc::invalid_argument,
                       "vsl_frame_init: width, height and fourcc must not be 0");
    }
    if (stride == 0) VSL_CHECK(vsl::Layout::packed({fourcc}, width, height));
    auto frame = std::make_unique<VSLFrame>();
    frame->info.layout = {.fourcc = {fourcc}, .width_px = width, .height_px = height};
    frame->info.times = {.pts_ns = 0, .dts_ns = 0, .duration_ns = 0};
    frame->given_stride = stride;
    frame->legacy_stride = stride == 0 && vsl::legacy_stride_bytes({fourcc}, width) != 0;
    frame->userptr = userptr;
    frame->cleanup = cleanup;
    return frame.release();
  });
}

extern "C" int vsl_frame_alloc(VSLFrame* frame, const char* path) {
  return capi::guard_status([&] { return capi::allocate_memory(frame, path); });
}

extern "C" int vsl_frame_attach(VSLFrame* frame, int fd, size_t size, size_t offset) {
  return capi::guard_status([&] { return capi::attach_memory(frame, fd, size, offset); });
}

extern "C" void vsl_frame_unalloc(VSLFrame* frame) {
  if (frame == nullptr || frame->posted != nullptr) return;
  if (frame->received != nullptr) frame->received->give_back(*frame);
  capi::drop_memory(*frame);
}

extern "C" void vsl_frame_release(VSLFrame* frame) {
  errno = 0;
  if (frame == nullptr) return capi::fail(EINVAL, "vsl_frame_release of NULL");
  if (frame->ending) return;
  if (frame->received != nullptr) return capi::ReceivedFrames::recycle(frame);
  // A posted frame that cannot be taken back is being recycled, and ended, by another thread.
  if (const auto posted = frame->posted; posted != nullptr && !posted->take_back(frame)) return;
  capi::destroy(frame);
}

extern "C" void vsl_frame_unregister(VSLFrame* frame) { vsl_frame_release(frame); }

extern "C" VSLFrame* vsl_frame_register(VSLHost* host, int64_t, int handle, int width, int height,
                                        uint32_t fourcc, size_t size, size_t offset,
                                        int64_t expires, int64_t duration, int64_t pts, int64_t dts,
                                        vsl_frame_cleanup cleanup, void* userptr) {
  if (width < 0 || height < 0) {
    return capi::failed<VSLFrame*>(nullptr, EINVAL, "vsl_frame_register: negative size");
  }
  VSLFrame* frame = vsl_frame_init(static_cast<uint32_t>(width), static_cast<uint32_t>(height), 0,
                                   fourcc, userptr, cleanup);
  if (frame == nullptr) return nullptr;
  if (vsl_frame_attach(frame, handle, size, offset) == 0 &&
      vsl_host_post(host, frame, expires, duration, pts, dts) == 0) {
    return frame;
  }
  const int why = errno;  // of the step that failed, whatever the callback does
  capi::destroy(frame);
  errno = why;
  return nullptr;
}
