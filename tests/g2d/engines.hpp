// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <string>

#include "convert/g2d/engine.hpp"
#include "convert/plan.hpp"
#include "tests/g2d/stand_in.hpp"

/// What the tests of the 2D engine share.
namespace vsl::g2d_stand_in {

using convert::g2d::Engine;
using convert::g2d::Library;
using convert::g2d::Reach;

/// One of the two stand-ins, as after g2d_stand_in was just installed.
class Vendor {
 public:
  explicit Vendor(const char* path) : handle_(::dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) ADD_FAILURE() << ::dlerror();
    auto library =
        convert::g2d::library_of(path, [this](const char* name) { return ::dlsym(handle_, name); });
    EXPECT_TRUE(library) << library.error().message();
    library_ = *std::move(library);
    control_ = reinterpret_cast<Control* (*)()>(::dlsym(handle_, kControl))();
    control_->reset();
    // Converters are for comparison here, and would find this library too.
    EXPECT_EQ(::setenv("VSL_CONVERT_BACKEND", "libyuv", 1), 0);
  }
  ~Vendor() {
    EXPECT_EQ(control_->handles, 0);
    EXPECT_EQ(control_->buffers, 0);
    EXPECT_EQ(control_->violations, "");
  }
  Vendor(const Vendor&) = delete;
  Vendor& operator=(const Vendor&) = delete;

  const Library& library() const { return library_; }
  bool is_old() const { return library_.generation == convert::g2d::Generation::addresses_32; }
  Control* operator->() const { return control_; }

  /// Any memory will do: the stand-in is given the descriptor and finds its way.
  std::unique_ptr<Engine> engine() const {
    auto made = Engine::open(library_, [](const Buffer&) { return Reach{true, {}}; });
    EXPECT_TRUE(made) << made.error().message();
    return *std::move(made);
  }

 private:
  void* handle_;
  Library library_;
  Control* control_ = nullptr;
};

/// A layout that engines like: strides of whole pixels and of 64 bytes, `extra` such steps wider.
inline Layout engine_layout(const char* code, std::uint32_t width, std::uint32_t height,
                            std::uint32_t extra = 0) {
  const char letters[5] = {code[0], code[1], code[2], code[3], '\0'};
  Layout layout = *Layout::packed(fourcc(letters), width, height);
  const bool planar = layout.plane_count == 3;
  constexpr std::uint32_t kStep = 192;  // of 1, 2, 3 and 4 bytes
  const std::uint32_t stride =
      (layout.planes[0].stride_bytes + kStep - 1) / kStep * kStep + extra * kStep;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    layout.planes[i].stride_bytes = planar && i > 0 ? stride / 2 : stride;
    layout.planes[i].offset_bytes = end;
    const std::uint64_t bytes = std::uint64_t{layout.planes[i].stride_bytes} * layout.plane_rows(i);
    end += (bytes + 63) / 64 * 64;
  }
  layout.buffer_bytes[0] = end;
  return layout;
}

inline Frame frame_of(const Layout& layout) {
  auto frame = Frame::allocate(
      layout, {.source = MemorySource::memfd, .name = "", .access = Access::read_write});
  EXPECT_TRUE(frame) << frame.error().message();
  return *std::move(frame);
}

inline MutablePicture picture_of_target(Frame& frame) {
  MutablePicture picture{frame.info().layout, frame.info().color, {}, {}};
  for (std::size_t i = 0; i < kMaxPlanes; ++i) {
    picture.planes[i] = frame.plane(i);
    if (!picture.planes[i].empty()) picture.memory[i] = frame.buffer(0).get();
  }
  return picture;
}

inline convert::Job job_of(Frame& from, Frame& to, const Rect& crop = {}) {
  auto plan = convert::plan(picture_of(from), picture_of_target(to), crop);
  EXPECT_TRUE(plan) << plan.error().message();
  return plan->job;
}

/// A picture of colours that no format clips and that change little from pixel to pixel, with
/// opacity that changes too.
inline Frame scene(const char* code, std::uint32_t width, std::uint32_t height,
                   std::uint32_t extra = 0, const Colorimetry& color = {}) {
  Frame painted = frame_of(engine_layout("BGRA", width, height));
  const std::uint32_t stride = painted.info().layout.planes[0].stride_bytes;
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      std::byte* const pixel = &painted.plane(0)[y * stride + x * 4];
      const std::uint32_t values[] = {60 + x / 2 + y / 2, 200 - y, 70 + x, 255 - x / 2};
      for (std::size_t i = 0; i < 4; ++i) pixel[i] = static_cast<std::byte>(values[i]);
    }
  }
  Frame frame = frame_of(engine_layout(code, width, height, extra));
  frame.info().color = color;
  auto converter = Converter::create();
  EXPECT_TRUE(converter && converter->convert(painted, frame));
  return frame;
}

struct Difference {
  int worst = 0;
  double squares = 0;
  std::size_t count = 0;
  double psnr_db() const {
    return 10 * std::log10(255 * 255 / std::max(squares / static_cast<double>(count), 1e-9));
  }
};

/// Whether the byte is of the picture: not between rows, and not the padding of a pixel.
inline bool counts(const Components& components, std::size_t column) {
  switch (components.alpha ? Arrangement::rgb24 : components.arrangement) {
    case Arrangement::bgra:
    case Arrangement::rgba:
      return column % 4 != 3;
    case Arrangement::argb:
    case Arrangement::abgr:
      return column % 4 != 0;
    default:
      return true;
  }
}

/// Byte for byte; what lies between the rows of `a` must be as it was filled.
inline Difference compare(Frame& a, Frame& b, std::byte between) {
  const Layout& layout = a.info().layout;
  const Components& components = *find_components(layout.fourcc);
  Difference difference;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const std::size_t stride = layout.planes[i].stride_bytes;
    const std::size_t other_stride = b.info().layout.planes[i].stride_bytes;
    for (std::size_t y = 0; y < layout.plane_rows(i); ++y) {
      for (std::size_t x = 0; x < layout.plane_row_bytes(i); ++x) {
        if (!counts(components, x)) continue;
        const int delta = std::abs(std::to_integer<int>(a.plane(i)[y * stride + x]) -
                                   std::to_integer<int>(b.plane(i)[y * other_stride + x]));
        difference.worst = std::max(difference.worst, delta);
        difference.squares += delta * delta;
        ++difference.count;
      }
      if (y + 1 == layout.plane_rows(i)) continue;
      for (std::size_t x = layout.plane_row_bytes(i); x < stride; ++x) {
        EXPECT_EQ(a.plane(i)[y * stride + x], between);
      }
    }
  }
  return difference;
}

inline void fill(Frame& frame, std::byte value) {
  const auto memory = frame.buffer(0)->map();
  std::fill(memory->begin(), memory->end(), value);
}

}  // namespace vsl::g2d_stand_in
