// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/capture_buffers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.hpp"
#include "frame/attach.hpp"
#include "v4l2/buffer_request.hpp"

namespace vsl::v4l2 {
namespace {

Error no_such_memory(const Node& node, const std::string& what, const Error& why) {
  return Error::of(std::errc::not_supported,
                   what + " with " + node.path + " (" + why.message() + ")");
}

/// Shares the driver's memory as a dma-buf. Only what the call returns counts: release 2.5 looked
/// at a stale errno and lost every buffer but the first.
Result<std::shared_ptr<Buffer>> export_plane(const Node& node, std::uint32_t index,
                                             std::uint32_t plane, std::uint32_t bytes,
                                             Access access) {
  v4l2_exportbuffer request{};
  request.type = node.buffer_type();
  request.index = index;
  request.plane = plane;
  // Nobody can map a dma-buf writable that was opened for reading.
  request.flags = O_CLOEXEC | (access == Access::read ? O_RDONLY : O_RDWR);
  auto exported = require(node.fd, VIDIOC_EXPBUF, &request, node.path);
  if (!exported) return no_such_memory(node, "share memory", exported.error());
  return attach_owned(UniqueFd(request.fd), bytes, access);
}

Result<void> use_driver_memory(const Node& node, const Agreement& agreed, CameraMemory kind,
                               Access access, std::uint32_t index, CaptureBuffer& buffer) {
  BufferRequest query(node, V4L2_MEMORY_MMAP, index);
  VSL_CHECK(require(node.fd, VIDIOC_QUERYBUF, query.get(), node.path));
  for (std::uint32_t i = 0; i < agreed.layout.buffer_count; ++i) {
    CapturePlane& plane = buffer[i];
    plane.bytes = query.bytes(i);
    plane.map_offset = query.map_offset(i);
    if (plane.bytes < agreed.layout.buffer_bytes[i]) {
      return Error::of(std::errc::protocol_error,
                       "capture from " + node.path + ": a buffer of " +
                           std::to_string(plane.bytes) + " bytes for a picture of " +
                           std::to_string(agreed.layout.buffer_bytes[i]));
    }
    if (kind == CameraMemory::mmap) {
      VSL_TRY(plane.memory, export_plane(node, index, i, plane.bytes, access));
    } else {
      VSL_TRY(plane.driver_map,
              Mapping::map(node.fd, plane.bytes,
                           {.mode = Mapping::Mode::read_write, .offset_bytes = plane.map_offset}));
    }
  }
  return {};
}

Result<std::shared_ptr<Buffer>> allocate_plane(const Node& node, CameraMemory kind,
                                               std::size_t bytes, const CameraOptions& wanted) {
  MemoryOptions memory = wanted.import;
  memory.access = wanted.access;
  if (kind == CameraMemory::userptr) memory = {MemorySource::memfd, {}, wanted.access};
  VSL_TRY(auto buffer, Buffer::allocate(bytes, memory));
  if (kind == CameraMemory::userptr || buffer->kind() == MemoryKind::dma_buf) return buffer;
  return Error::of(std::errc::not_supported,
                   "capture from " + node.path +
                       " into dma-bufs: the memory asked for is none, or there is no heap");
}

Result<void> bring_memory(const Node& node, const Agreement& agreed, CameraMemory kind,
                          const CameraOptions& wanted, CaptureBuffer& buffer) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (std::uint32_t i = 0; i < agreed.layout.buffer_count; ++i) {
    const std::uint64_t bytes = (agreed.layout.buffer_bytes[i] + page - 1) / page * page;
    VSL_TRY(buffer[i].memory, allocate_plane(node, kind, bytes, wanted));
    buffer[i].bytes = static_cast<std::uint32_t>(buffer[i].memory->size_bytes());
  }
  return {};
}

}  // namespace

std::uint32_t v4l2_memory(CameraMemory kind) {
  switch (kind) {
    case CameraMemory::dma_buf:
      return V4L2_MEMORY_DMABUF;
    case CameraMemory::userptr:
      return V4L2_MEMORY_USERPTR;
    default:
      return V4L2_MEMORY_MMAP;
  }
}

Result<std::uint32_t> request_buffers(const Node& node, CameraMemory kind, std::uint32_t count) {
  v4l2_requestbuffers request{};
  request.count = count;
  request.type = node.buffer_type();
  request.memory = v4l2_memory(kind);
  auto asked = require(
      node.fd, VIDIOC_REQBUFS, &request, node.path,
      std::to_string(count) + (node.output ? " buffers for output" : " buffers for capture"));
  if (!asked) return std::move(asked).error();
  if (count > 0 && (request.count == 0 || request.count > VIDEO_MAX_FRAME)) {
    return Error::of(std::errc::not_enough_memory, "VIDIOC_REQBUFS on " + node.path + ": " +
                                                       std::to_string(request.count) + " buffers");
  }
  return request.count;
}

Result<std::vector<CaptureBuffer>> set_up_buffers(const Node& node, const Agreement& agreed,
                                                  CameraMemory kind, const CameraOptions& wanted) {
  const bool drivers_own = kind == CameraMemory::mmap || kind == CameraMemory::copy;
  auto count = request_buffers(node, kind, wanted.buffers);
  if (!count) {
    const bool unknown = !drivers_own && count.error().code == std::errc::invalid_argument;
    if (unknown) return no_such_memory(node, "capture into memory of ours", count.error());
    return std::move(count).error();
  }
  std::vector<CaptureBuffer> buffers(*count);
  for (std::uint32_t i = 0; i < buffers.size(); ++i) {
    auto ready = drivers_own ? use_driver_memory(node, agreed, kind, wanted.access, i, buffers[i])
                             : bring_memory(node, agreed, kind, wanted, buffers[i]);
    if (ready) continue;
    buffers.clear();
    (void)free_buffers(node, kind);  // what went wrong first is what matters
    return std::move(ready).error();
  }
  return buffers;
}

Result<void> free_buffers(const Node& node, CameraMemory kind) {
  const auto freed = request_buffers(node, kind, 0);
  if (freed) return {};
  if (freed.error().code != std::errc::device_or_resource_busy) return freed.error();
  return Error::of(std::errc::device_or_resource_busy,
                   "set up " + node.path +
                       " anew: frames of the old set-up are still held, and this kernel cannot "
                       "leave them their memory; let them go first");
}

}  // namespace vsl::v4l2
