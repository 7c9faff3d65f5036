// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <libyuv.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "videostream/convert.hpp"

// What vsl::Converter costs beside calling libyuv oneself: the same conversion of the same memory
// by turns, medians of both and their ratio.

namespace {

constexpr int kWidth = 1920, kHeight = 1080, kRounds = 300, kWarmUp = 20;

struct Memory {
  Memory(vsl::Fourcc fourcc, int width, int height)
      : layout(*vsl::Layout::packed(fourcc, static_cast<std::uint32_t>(width),
                                    static_cast<std::uint32_t>(height), 64)),
        bytes(layout.buffer_bytes[0]) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(i * 7 % 219);
  }
  std::uint8_t* plane(std::size_t i) { return bytes.data() + layout.planes[i].offset_bytes; }
  int stride(std::size_t i) const { return static_cast<int>(layout.planes[i].stride_bytes); }
  template <class Any>
  Any picture() {
    Any picture{layout, {}, {}, {}};
    for (std::size_t i = 0; i < layout.plane_count; ++i) {
      picture.planes[i] = std::as_writable_bytes(std::span(plane(i), layout.plane_bytes(i)));
    }
    return picture;
  }

  vsl::Layout layout;
  std::vector<std::uint8_t> bytes;
};

double microseconds(const std::function<void()>& body) {
  const auto before = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before)
      .count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

void compare(const char* name, vsl::Converter& converter, Memory from, Memory to,
             void (*direct)(Memory&, Memory&)) {
  std::vector<double> ours, theirs, ratios;
  const auto convert = [&] {
    if (!converter.convert(from.picture<vsl::Picture>(), to.picture<vsl::MutablePicture>())) {
      std::fprintf(stderr, "%s failed\n", name);
    }
  };
  for (int round = 0; round < kRounds + kWarmUp; ++round) {
    double own = 0, other = 0;
    // Whoever comes second finds the pictures in the cache.
    if (round % 2 == 0) own = microseconds(convert);
    other = microseconds([&] { direct(from, to); });
    if (round % 2 == 1) own = microseconds(convert);
    if (round < kWarmUp) continue;
    ours.push_back(own);
    theirs.push_back(other);
    ratios.push_back(own / other);
  }
  std::printf(
      "%-28s ours %7.0f us   libyuv %7.0f us   ratio of medians %.3f   median of ratios %.3f\n",
      name, median(ours), median(theirs), median(ours) / median(theirs), median(ratios));
}

void nv12_to_i420(Memory& from, Memory& to) {
  libyuv::NV12ToI420(from.plane(0), from.stride(0), from.plane(1), from.stride(1), to.plane(0),
                     to.stride(0), to.plane(1), to.stride(1), to.plane(2), to.stride(2), kWidth,
                     kHeight);
}
void yuyv_to_nv12(Memory& from, Memory& to) {
  libyuv::YUY2ToNV12(from.plane(0), from.stride(0), to.plane(0), to.stride(0), to.plane(1),
                     to.stride(1), kWidth, kHeight);
}
void nv12_to_bgra(Memory& from, Memory& to) {
  libyuv::NV12ToARGB(from.plane(0), from.stride(0), from.plane(1), from.stride(1), to.plane(0),
                     to.stride(0), kWidth, kHeight);
}
void nv12_to_720p(Memory& from, Memory& to) {
  libyuv::NV12Scale(from.plane(0), from.stride(0), from.plane(1), from.stride(1), kWidth, kHeight,
                    to.plane(0), to.stride(0), to.plane(1), to.stride(1), 1280, 720,
                    libyuv::kFilterBox);
}
void i420_to_half(Memory& from, Memory& to) {
  libyuv::I420Scale(from.plane(0), from.stride(0), from.plane(1), from.stride(1), from.plane(2),
                    from.stride(2), kWidth, kHeight, to.plane(0), to.stride(0), to.plane(1),
                    to.stride(1), to.plane(2), to.stride(2), kWidth / 2, kHeight / 2,
                    libyuv::kFilterBox);
}

}  // namespace

int main() {
  using vsl::fourcc;
  auto made = vsl::Converter::create();
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().message().c_str());
    return 1;
  }
  vsl::Converter& converter = *made;
  const auto full = [](const char(&code)[5]) { return Memory(fourcc(code), kWidth, kHeight); };
  std::printf("%dx%d, %d rounds by turns\n", kWidth, kHeight, kRounds);
  compare("NV12 to I420", converter, full("NV12"), full("I420"), nv12_to_i420);
  compare("YUYV to NV12", converter, full("YUYV"), full("NV12"), yuyv_to_nv12);
  compare("NV12 to BGRA", converter, full("NV12"), full("BGRA"), nv12_to_bgra);
  compare("NV12 to 1280x720", converter, full("NV12"), Memory(fourcc("NV12"), 1280, 720),
          nv12_to_720p);
  compare("I420 to 960x540", converter, full("I420"),
          Memory(fourcc("I420"), kWidth / 2, kHeight / 2), i420_to_half);
}
