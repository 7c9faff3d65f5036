// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/guard.hpp"
#include "videostream.h"

// The camera functions of a build without V4L2: opening says so, and as nothing was opened
// the others have nothing to act on.

namespace {

template <class T>
T unavailable(T failure) {
  return vsl::capi::failed(failure, ENOTSUP,
                           "cameras: this build of the library has no V4L2 support");
}

}  // namespace

extern "C" vsl_camera* vsl_camera_open_device(const char*) {
  return unavailable<vsl_camera*>(nullptr);
}
extern "C" int vsl_camera_init_device(vsl_camera*, int*, int*, int*, uint32_t*) {
  return unavailable(-1);
}
extern "C" int vsl_camera_mirror(const vsl_camera*, bool) { return unavailable(-1); }
extern "C" int vsl_camera_mirror_v(const vsl_camera*, bool) { return unavailable(-1); }
extern "C" int vsl_camera_start_capturing(vsl_camera*) { return unavailable(-1); }
extern "C" vsl_camera_buffer* vsl_camera_get_data(vsl_camera*) {
  return unavailable<vsl_camera_buffer*>(nullptr);
}
extern "C" int vsl_camera_release_buffer(vsl_camera*, const vsl_camera_buffer*) {
  return unavailable(-1);
}
extern "C" int vsl_camera_stop_capturing(const vsl_camera*) { return unavailable(-1); }
extern "C" void vsl_camera_uninit_device(vsl_camera*) {}
extern "C" void vsl_camera_close_device(vsl_camera*) {}
extern "C" int vsl_camera_is_dmabuf_supported(const vsl_camera*) { return 0; }
extern "C" int vsl_camera_get_queued_buf_count(const vsl_camera*) { return 0; }
extern "C" uint32_t vsl_camera_color_space(const vsl_camera*) { return 0; }
extern "C" uint32_t vsl_camera_color_transfer(const vsl_camera*) { return 0; }
extern "C" uint32_t vsl_camera_color_encoding(const vsl_camera*) { return 0; }
extern "C" uint32_t vsl_camera_color_range(const vsl_camera*) { return 0; }
extern "C" void* vsl_camera_buffer_mmap(vsl_camera_buffer*) { return nullptr; }
extern "C" int vsl_camera_buffer_dma_fd(const vsl_camera_buffer*) { return -1; }
extern "C" uint64_t vsl_camera_buffer_phys_addr(const vsl_camera_buffer*) { return 0; }
extern "C" uint32_t vsl_camera_buffer_length(const vsl_camera_buffer*) { return 0; }
extern "C" uint32_t vsl_camera_buffer_fourcc(const vsl_camera_buffer*) { return 0; }
extern "C" uint32_t vsl_camera_buffer_bytes_per_line(const vsl_camera_buffer*) { return 0; }
extern "C" uint32_t vsl_camera_buffer_sequence(const vsl_camera_buffer*) { return 0; }
extern "C" void vsl_camera_buffer_timestamp(const vsl_camera_buffer*, int64_t*, int64_t*) {}
extern "C" int vsl_camera_enum_fmts(const vsl_camera*, uint32_t*, int) { return 0; }
extern "C" int vsl_camera_enum_mplane_fmts(const vsl_camera*, uint32_t*, int) { return 0; }
