// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/camera_object.hpp"

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

}  // namespace

extern "C" void* vsl_camera_buffer_mmap(vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->data : nullptr;
}

extern "C" int vsl_camera_buffer_dma_fd(const vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->dma_fd : -1;
}

extern "C" uint64_t vsl_camera_buffer_phys_addr(const vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->physical_address : 0;
}

extern "C" uint32_t vsl_camera_buffer_length(const vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->bytes : 0;
}

extern "C" uint32_t vsl_camera_buffer_fourcc(const vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->fourcc : 0;
}

extern "C" uint32_t vsl_camera_buffer_bytes_per_line(const vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->stride_bytes : 0;
}

extern "C" uint32_t vsl_camera_buffer_sequence(const vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->sequence : 0;
}

extern "C" uint32_t vsl_camera_buffer_flags(const vsl_camera_buffer* buffer) {
  return buffer != nullptr ? buffer->flags : 0;
}

extern "C" void vsl_camera_buffer_timestamp(const vsl_camera_buffer* buffer, int64_t* seconds,
                                            int64_t* nanoseconds) {
  const std::int64_t ns = buffer != nullptr ? buffer->stamp_ns : 0;
  if (seconds != nullptr) *seconds = ns / kNsPerSecond;
  if (nanoseconds != nullptr) *nanoseconds = ns % kNsPerSecond;
}
