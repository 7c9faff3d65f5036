// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <new>

#include "capi/guard.hpp"
#include "capi/v4l2_device.hpp"

namespace capi = vsl::capi;

namespace {

using vsl::Device;
using vsl::Error;
using vsl::Result;

struct FreeList {
  void operator()(VSLDeviceList* list) const noexcept { vsl_v4l2_device_list_free(list); }
};
using ListPtr = std::unique_ptr<VSLDeviceList, FreeList>;

template <class T>
T* zeroed(std::size_t count) {
  auto* const memory = static_cast<T*>(std::calloc(count, sizeof(T)));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

ListPtr to_list(const std::vector<Device>& devices) {
  ListPtr list(zeroed<VSLDeviceList>(1));
  if (devices.empty()) return list;
  list->devices = zeroed<VSLDevice>(devices.size());
  list->count = devices.size();  // of those not filled yet there is nothing to free
  for (std::size_t i = 0; i < devices.size(); ++i) capi::fill(devices[i], list->devices[i]);
  return list;
}

Result<Device> inspect(const VSLDevice* device, const char* caller) {
  const std::string path = capi::path_of(device);
  if (path.empty()) {
    return Error::of(std::errc::invalid_argument,
                     std::string(caller) + ": no device, or one without a path");
  }
  return vsl::inspect_device(path);
}

Result<VSLResolution*> resolutions(const VSLDevice* device, std::uint32_t fourcc,
                                   std::size_t* count) {
  if (count == nullptr) {
    return Error::of(std::errc::invalid_argument, "vsl_v4l2_enum_resolutions: count is NULL");
  }
  *count = 0;
  VSL_TRY(const Device now, inspect(device, "vsl_v4l2_enum_resolutions"));
  const auto& formats = now.capture_formats;
  const auto format = std::find_if(formats.begin(), formats.end(),
                                   [&](const auto& each) { return each.fourcc.code == fourcc; });
  if (format == formats.end()) return nullptr;
  auto sizes = capi::to_c(format->sizes);
  *count = sizes.count;
  return sizes.memory.release();
}

}  // namespace

extern "C" VSLDeviceList* vsl_v4l2_enumerate_type(VSLDeviceType type_mask) {
  return capi::guard<VSLDeviceList*>(nullptr, [&]() -> Result<VSLDeviceList*> {
    VSL_TRY(const std::vector<Device> devices,
            vsl::list_devices(static_cast<std::uint32_t>(type_mask)));
    return to_list(devices).release();
  });
}

extern "C" VSLDeviceList* vsl_v4l2_enumerate(void) {
  return vsl_v4l2_enumerate_type(VSL_V4L2_TYPE_ANY);
}

extern "C" void vsl_v4l2_device_list_free(VSLDeviceList* list) {
  if (list == nullptr) return;
  for (size_t i = 0; list->devices != nullptr && i < list->count; ++i) {
    VSLDevice& device = list->devices[i];
    capi::free_formats(device.capture_formats, device.num_capture_formats);
    capi::free_formats(device.output_formats, device.num_output_formats);
  }
  ::free(list->devices);
  ::free(list);
}

extern "C" int vsl_v4l2_device_enum_formats(VSLDevice* device) {
  return capi::guard_status([&]() -> Result<void> {
    VSL_TRY(const Device now, inspect(device, "vsl_v4l2_device_enum_formats"));
    capi::replace_formats(now, *device);
    return {};
  });
}

extern "C" VSLResolution* vsl_v4l2_enum_resolutions(const VSLDevice* device, uint32_t fourcc,
                                                    size_t* count) {
  return capi::guard<VSLResolution*>(nullptr, [&] { return resolutions(device, fourcc, count); });
}
