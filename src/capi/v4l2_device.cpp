// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/v4l2_device.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace vsl::capi {
namespace {

template <class T>
CArray<T> c_array(std::size_t count) {
  CArray<T> array;
  if (count == 0) return array;
  array.memory.reset(static_cast<T*>(std::calloc(count, sizeof(T))));
  if (array.memory == nullptr) throw std::bad_alloc();
  array.count = count;
  return array;
}

// The rest of `field` is zero already, its last byte among them.
template <std::size_t size>
void copy_text(const std::string& text, char (&field)[size]) {
  std::memcpy(field, text.data(), std::min(text.size(), size - 1));
}

VSLResolution resolution(std::uint32_t width_px, std::uint32_t height_px) {
  VSLResolution result{};
  result.width = width_px;
  result.height = height_px;
  return result;
}

void set_rates(VSLResolution& resolution, const std::vector<FrameInterval>& intervals) {
  const std::size_t count = std::min<std::size_t>(intervals.size(), VSL_V4L2_MAX_FRAMERATES);
  for (std::size_t i = 0; i < count; ++i) {
    resolution.frame_rates[i] = {intervals[i].numerator, intervals[i].denominator};
  }
  resolution.num_frame_rates = count;
}

// As a list that frees the sizes of its formats too.
class Formats {
 public:
  explicit Formats(const std::vector<DeviceFormat>& formats)
      : array_(c_array<VSLFormat>(std::min<std::size_t>(formats.size(), VSL_V4L2_MAX_FORMATS))) {
    try {
      for (std::size_t i = 0; i < array_.count; ++i) fill(formats[i], array_.memory[i]);
    } catch (...) {
      clear();
      throw;
    }
  }
  Formats(const Formats&) = delete;
  Formats& operator=(const Formats&) = delete;
  ~Formats() { clear(); }

  void swap(VSLFormat*& formats, std::size_t& count) noexcept {
    VSLFormat* const ours = array_.memory.release();
    array_.memory.reset(std::exchange(formats, ours));
    std::swap(array_.count, count);
  }

 private:
  static void fill(const DeviceFormat& from, VSLFormat& to) {
    to.fourcc = from.fourcc.code;
    copy_text(from.description, to.description);
    to.flags = from.flags;
    to.compressed = vsl_v4l2_is_compressed_format(from.fourcc.code);
    CArray<VSLResolution> sizes = to_c(from.sizes);
    to.resolutions = sizes.memory.release();
    to.num_resolutions = sizes.count;
  }
  void clear() noexcept { free_formats(array_.memory.release(), array_.count); }

  CArray<VSLFormat> array_;
};

}  // namespace

CArray<VSLResolution> to_c(const std::vector<FrameSize>& sizes) {
  std::vector<VSLResolution> all;
  for (const FrameSize& size : sizes) {
    if (size.is_range()) all.push_back(resolution(size.min_width_px, size.min_height_px));
    all.push_back(resolution(size.max_width_px, size.max_height_px));
    set_rates(all.back(), size.intervals);
  }
  auto result = c_array<VSLResolution>(std::min<std::size_t>(all.size(), VSL_V4L2_MAX_RESOLUTIONS));
  std::copy_n(all.begin(), result.count, result.memory.get());
  return result;
}

void free_formats(VSLFormat* formats, std::size_t count) noexcept {
  for (std::size_t i = 0; formats != nullptr && i < count; ++i) std::free(formats[i].resolutions);
  std::free(formats);
}

void replace_formats(const Device& from, VSLDevice& to) {
  Formats capture(from.capture_formats), output(from.output_formats);
  capture.swap(to.capture_formats, to.num_capture_formats);
  output.swap(to.output_formats, to.num_output_formats);
}

void fill(const Device& from, VSLDevice& to) {
  copy_text(from.path, to.path);
  copy_text(from.driver, to.driver);
  copy_text(from.card, to.card);
  copy_text(from.bus_info, to.bus_info);
  to.caps = from.capabilities;
  to.device_type = static_cast<VSLDeviceType>(from.type);
  to.capture_mem = static_cast<VSLMemoryType>(from.capture_memory);
  to.output_mem = static_cast<VSLMemoryType>(from.output_memory);
  to.multiplanar = from.multiplanar;
  replace_formats(from, to);
}

std::string path_of(const VSLDevice* device) {
  if (device == nullptr) return {};
  return {device->path, ::strnlen(device->path, sizeof device->path)};
}

}  // namespace vsl::capi
