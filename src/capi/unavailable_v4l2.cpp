// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/guard.hpp"
#include "videostream.h"

// Device discovery in a build without V4L2.

namespace {

template <class T>
T unavailable(T failure) {
  return vsl::capi::failed(failure, ENOTSUP,
                           "V4L2 devices: this build of the library has no V4L2 support");
}

}  // namespace

extern "C" VSLDeviceList* vsl_v4l2_enumerate(void) { return unavailable<VSLDeviceList*>(nullptr); }
extern "C" VSLDeviceList* vsl_v4l2_enumerate_type(VSLDeviceType) {
  return unavailable<VSLDeviceList*>(nullptr);
}
extern "C" const char* vsl_v4l2_find_encoder(uint32_t) { return unavailable<const char*>(nullptr); }
extern "C" const char* vsl_v4l2_find_decoder(uint32_t) { return unavailable<const char*>(nullptr); }
extern "C" const char* vsl_v4l2_find_camera(uint32_t) { return unavailable<const char*>(nullptr); }
extern "C" const char* vsl_v4l2_find_camera_with_resolution(uint32_t, uint32_t, uint32_t) {
  return unavailable<const char*>(nullptr);
}
extern "C" int vsl_v4l2_device_enum_formats(VSLDevice*) { return unavailable(-1); }

extern "C" VSLResolution* vsl_v4l2_enum_resolutions(const VSLDevice*, uint32_t, size_t* count) {
  if (count != nullptr) *count = 0;
  return unavailable<VSLResolution*>(nullptr);
}

extern "C" void* vsl_v4l2_alloc_userptr(size_t, int* dma_fd) {
  if (dma_fd != nullptr) *dma_fd = -1;
  return unavailable<void*>(nullptr);
}
