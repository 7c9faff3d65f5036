// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>

/// What libg2d.so.2 and we have to agree on: the vendor's 2D engines on i.MX. There are two of it
/// under one name: since header 2.3 an address is an `unsigned long`, before it was an `int`.
namespace vsl::convert::g2d {

/// Letters name bytes in memory order.
enum class Format : std::int32_t {
  none = -1,
  rgba8888 = 1,
  rgbx8888 = 2,
  bgra8888 = 3,
  bgrx8888 = 4,
  argb8888 = 6,
  abgr8888 = 7,
  xrgb8888 = 8,
  xbgr8888 = 9,
  rgb888 = 10,
  bgr888 = 11,
  nv12 = 20,
  i420 = 21,
  yv12 = 22,
  nv21 = 23,
  yuyv = 24,
  yvyu = 25,
  uyvy = 26,
  vyuy = 27,
  nv16 = 28,
  nv61 = 29,
};
inline constexpr std::size_t kFormatCodes = 30;

enum class BlendFactor : std::int32_t { zero = 0, one = 1 };

/// What is switched on and off per handle, and stays as it was set.
enum class Capability : std::int32_t {
  bt601_limited = 5,
  bt709_limited = 6,
  bt601_full = 7,
  bt709_full = 8,
};

enum class Feature : std::int32_t { scaling = 0, source_yuv = 2, target_yuv = 3 };

/// A picture and a rectangle of it; `Address` is physical.
template <class Address>
struct Surface {
  Format format = Format::none;
  Address planes[3]{};
  std::int32_t left = 0, top = 0, right = 0, bottom = 0;  ///< right and bottom are outside
  std::int32_t stride_px = 0, width_px = 0, height_px = 0;
  BlendFactor blend = BlendFactor::zero;
  std::int32_t global_alpha = 0;  ///< 0 … 255
  std::int32_t clear_color = 0;
  std::int32_t rotation = 0;
};

/// How the library describes memory.
template <class Address>
struct Memory {
  void* handle = nullptr;
  void* virtual_address = nullptr;
  Address physical_address = 0;
  std::int32_t size_bytes = 0;
};

using OldAddress = std::uint32_t;
using NewAddress = unsigned long;
static_assert(sizeof(void*) != 8 ||
              (sizeof(Surface<OldAddress>) == 60 && sizeof(Surface<NewAddress>) == 80));
static_assert(offsetof(Surface<OldAddress>, planes) == 4 &&
              offsetof(Surface<OldAddress>, left) == 16 &&
              offsetof(Surface<OldAddress>, stride_px) == 32 &&
              offsetof(Surface<OldAddress>, blend) == 44 &&
              offsetof(Surface<OldAddress>, rotation) == 56);
static_assert(sizeof(void*) != 8 || (offsetof(Surface<NewAddress>, planes) == 8 &&
                                     offsetof(Surface<NewAddress>, left) == 32 &&
                                     offsetof(Surface<NewAddress>, stride_px) == 48 &&
                                     offsetof(Surface<NewAddress>, blend) == 60 &&
                                     offsetof(Surface<NewAddress>, rotation) == 72));
static_assert(sizeof(void*) != 8 ||
              (sizeof(Memory<OldAddress>) == 24 && offsetof(Memory<OldAddress>, size_bytes) == 20 &&
               sizeof(Memory<NewAddress>) == 32 && offsetof(Memory<NewAddress>, size_bytes) == 24));

/// Planes begin at multiples of it, rows are multiples of it: enough for every engine.
inline constexpr std::uint64_t kAlignBytes = 64;

/// The library's functions, of either generation: surfaces and memory are pointed to. 0 = done.
struct Functions {
  int (*open)(void** handle) = nullptr;
  int (*close)(void* handle) = nullptr;
  int (*blit)(void* handle, const void* from, const void* to) = nullptr;  ///< queues only
  int (*finish)(void* handle) = nullptr;  ///< waits for what is queued
  int (*enable)(void* handle, std::int32_t capability) = nullptr;
  int (*disable)(void* handle, std::int32_t capability) = nullptr;
  void* (*memory_of_fd)(int fd) = nullptr;
  int (*free)(void* memory) = nullptr;
  int (*query_feature)(void* handle, std::int32_t feature, int* available) = nullptr;  ///< or null
};

}  // namespace vsl::convert::g2d
