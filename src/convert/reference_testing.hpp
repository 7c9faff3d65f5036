// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <span>
#include <string>
#include <utility>

#include "videostream/convert.hpp"

// Pictures written and read a pixel at a time in double precision, by a description of the formats
// of its own: what the converter is compared with.

namespace vsl::convert::reference {

struct Rgb {
  double r = 0, g = 0, b = 0;
};

struct Space {
  double red = 0.299, blue = 0.114;  ///< weights in luma
  bool full = false;
};

/// Formats by the letters of what lies where. `kind`: '4' and '3' bytes of RGB in the order of
/// `order`; '5' words of RGB 5:6:5, `order` from the top bit, "X" in front for big-endian; 'g' grey
/// and 'b' Bayer with the four colours of `order` (bits in `bits`); 'p' packed 4:2:2 with `order`;
/// 's' pairs and 'P' planes of chroma with U and V in `order`, shared by x × y pixels.
struct Description {
  const char* code;
  char kind;
  const char* order;
  int bits = 8, x = 1, y = 1;
};

// For test names, which would have addresses in them.
inline void PrintTo(const Description& description, std::ostream* out) { *out << description.code; }

inline constexpr Description kDescriptions[] = {{"RGBA", '4', "RGBA"},
                                                {"RGBX", '4', "RGB."},
                                                {"BGRA", '4', "BGRA"},
                                                {"BGRX", '4', "BGR."},
                                                {"RGBx", '4', "RGB."},
                                                {"BGRx", '4', "BGR."},
                                                {"xRGB", '4', ".RGB"},
                                                {"xBGR", '4', ".BGR"},
                                                {"ARGB", '4', "ARGB"},
                                                {"ABGR", '4', "ABGR"},
                                                {"RGB4", '4', ".RGB"},
                                                {"BGR4", '4', "BGR."},
                                                {"AR24", '4', "BGRA"},
                                                {"XR24", '4', "BGR."},
                                                {"AB24", '4', "RGBA"},
                                                {"XB24", '4', "RGB."},
                                                {"RA24", '4', "ABGR"},
                                                {"RX24", '4', ".BGR"},
                                                {"BA24", '4', "ARGB"},
                                                {"BX24", '4', ".RGB"},
                                                {"RGB3", '3', "RGB"},
                                                {"BGR3", '3', "BGR"},
                                                {"RG24", '3', "BGR"},
                                                {"BG24", '3', "RGB"},
                                                {"RGBP", '5', "RGB"},
                                                {"RGBR", '5', "XRGB"},
                                                {"RG16", '5', "RGB"},
                                                {"BG16", '5', "BGR"},
                                                {"GREY", 'g', ""},
                                                {"Y800", 'g', ""},
                                                {"R8  ", 'g', ""},
                                                {"Y10 ", 'g', "", 10},
                                                {"Y12 ", 'g', "", 12},
                                                {"Y14 ", 'g', "", 14},
                                                {"Y16 ", 'g', "", 16},
                                                {"Z16 ", 'g', "", 16},
                                                {"RGGB", 'b', "RGGB"},
                                                {"GRBG", 'b', "GRBG"},
                                                {"GBRG", 'b', "GBRG"},
                                                {"BA81", 'b', "BGGR"},
                                                {"RG10", 'b', "RGGB", 10},
                                                {"BA10", 'b', "GRBG", 10},
                                                {"GB10", 'b', "GBRG", 10},
                                                {"BG10", 'b', "BGGR", 10},
                                                {"RG12", 'b', "RGGB", 12},
                                                {"BA12", 'b', "GRBG", 12},
                                                {"GB12", 'b', "GBRG", 12},
                                                {"BG12", 'b', "BGGR", 12},
                                                {"GR16", 'b', "GRBG", 16},
                                                {"GB16", 'b', "GBRG", 16},
                                                {"BYR2", 'b', "BGGR", 16},
                                                {"YUYV", 'p', "YUYV", 8, 2},
                                                {"YUY2", 'p', "YUYV", 8, 2},
                                                {"YVYU", 'p', "YVYU", 8, 2},
                                                {"UYVY", 'p', "UYVY", 8, 2},
                                                {"VYUY", 'p', "VYUY", 8, 2},
                                                {"NV12", 's', "UV", 8, 2, 2},
                                                {"NV21", 's', "VU", 8, 2, 2},
                                                {"NV16", 's', "UV", 8, 2, 1},
                                                {"NV61", 's', "VU", 8, 2, 1},
                                                {"NV24", 's', "UV"},
                                                {"NV42", 's', "VU"},
                                                {"P010", 's', "UV", 10, 2, 2},
                                                {"I420", 'P', "UV", 8, 2, 2},
                                                {"YU12", 'P', "UV", 8, 2, 2},
                                                {"YV12", 'P', "VU", 8, 2, 2},
                                                {"Y42B", 'P', "UV", 8, 2, 1},
                                                {"422P", 'P', "UV", 8, 2, 1},
                                                {"YU16", 'P', "UV", 8, 2, 1},
                                                {"YV16", 'P', "VU", 8, 2, 1},
                                                {"YU24", 'P', "UV"},
                                                {"YV24", 'P', "VU"}};

inline Fourcc code_of(const char* text) {
  const char characters[5] = {text[0], text[1], text[2], text[3], '\0'};
  return fourcc(characters);
}

inline std::array<double, 3> to_yuv(const Rgb& rgb, const Space& space) {
  const double y = space.red * rgb.r + (1 - space.red - space.blue) * rgb.g + space.blue * rgb.b;
  const double u = (rgb.b - y) / (2 * (1 - space.blue)), v = (rgb.r - y) / (2 * (1 - space.red));
  if (space.full) return {y, u + 128, v + 128};
  return {16 + y * 219 / 255, 128 + u * 224 / 255, 128 + v * 224 / 255};
}

inline Rgb to_rgb(std::array<double, 3> yuv, const Space& space) {
  const double y = space.full ? yuv[0] : (yuv[0] - 16) * 255 / 219;
  const double chroma = space.full ? 1 : 255.0 / 224;
  const double r = y + 2 * (1 - space.red) * (yuv[2] - 128) * chroma;
  const double b = y + 2 * (1 - space.blue) * (yuv[1] - 128) * chroma;
  return {r, (y - space.red * r - space.blue * b) / (1 - space.red - space.blue), b};
}

/// Bytes that end where memory ends: reading or writing one too many is a fault, also in assembly,
/// which no sanitizer sees.
class Fenced {
 public:
  Fenced() = default;
  Fenced(std::size_t bytes, std::uint8_t value) : bytes_(bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    mapped_ = (bytes + page - 1) / page * page + page;
    void* const memory =
        ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    memory_ = static_cast<std::uint8_t*>(memory);
    if (::mprotect(memory_ + mapped_ - page, page, PROT_NONE) != 0) std::abort();
    begin_ = memory_ + mapped_ - page - bytes;
    std::memset(begin_, value, bytes);
  }
  Fenced(Fenced&& other) noexcept { *this = std::move(other); }
  Fenced& operator=(Fenced&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(mapped_, other.mapped_);
    std::swap(begin_, other.begin_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Fenced() {
    if (memory_ != nullptr) ::munmap(memory_, mapped_);
  }

  std::span<std::uint8_t> bytes() const { return {begin_, bytes_}; }

 private:
  std::uint8_t* memory_ = nullptr;
  std::size_t mapped_ = 0;
  std::uint8_t* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

/// A picture whose planes are pieces of memory of their own, of exactly the size needed; `padding`
/// bytes after each row but the last, of a value that must stay.
class Canvas {
 public:
  static constexpr std::uint8_t kPadding = 0xa5;

  Canvas(const Description& description, std::uint32_t width, std::uint32_t height,
         const Space& space, std::uint32_t padding = 0)
      : description_(description), space_(space) {
    layout_ = *Layout::packed(code_of(description.code), width, height);
    for (std::size_t i = 0; i < layout_.plane_count; ++i) {
      layout_.planes[i].stride_bytes += padding;
      const std::size_t last = layout_.plane_row_bytes(i);
      const std::size_t rows = layout_.plane_rows(i);
      planes_[i] = Fenced((rows - 1) * layout_.planes[i].stride_bytes + last, kPadding);
    }
  }

  const Layout& layout() const { return layout_; }

  template <class Any>  // Picture or MutablePicture
  Any picture(const Colorimetry& color = {}) {
    Any picture{layout_, color, {}, {}};
    for (std::size_t i = 0; i < layout_.plane_count; ++i) {
      picture.planes[i] = std::as_writable_bytes(planes_[i].bytes());
    }
    return picture;
  }

  bool padding_stayed() const {
    for (std::size_t i = 0; i < layout_.plane_count; ++i) {
      const std::size_t stride = layout_.planes[i].stride_bytes;
      for (std::size_t at = 0; at < planes_[i].bytes().size(); ++at) {
        if (at % stride >= layout_.plane_row_bytes(i) && planes_[i].bytes()[at] != kPadding)
          return false;
      }
    }
    return true;
  }

  void set(std::uint32_t x, std::uint32_t y, const Rgb& rgb) {
    const std::string order = description_.order;
    const auto yuv = to_yuv(rgb, space_);
    switch (description_.kind) {
      case '4':
      case '3':
        for (std::size_t i = 0; i < order.size(); ++i) {
          *at(0, x, y, order.size(), i) = byte(channel(rgb, order[i]));
        }
        return;
      case '5':
        return set_word(at(0, x, y, 2), rgb);
      case 'g':
        return set_sample(at(0, x, y, sample_bytes()), yuv[0], space_.full);
      case 'b':
        return set_sample(at(0, x, y, sample_bytes()), channel(rgb, order[x % 2 + 2 * (y % 2)]),
                          true);
      case 'p':
        for (std::size_t i = 0; i < 4; ++i) {
          const char letter = order[i];
          const bool second = i >= 2;
          if (letter == 'Y' && second != (x % 2 == 1)) continue;
          *at(0, x / 2, y, 4, i) = byte(letter == 'Y' ? yuv[0] : letter == 'U' ? yuv[1] : yuv[2]);
        }
        return;
      default:
        set_sample(at(0, x, y, sample_bytes()), yuv[0], false);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      set_sample(chroma_at(x, y, i), order[i] == 'U' ? yuv[1] : yuv[2], false);
    }
  }

  Rgb get(std::uint32_t x, std::uint32_t y) {
    const std::string order = description_.order;
    Rgb rgb;
    std::array<double, 3> yuv{};
    switch (description_.kind) {
      case '4':
      case '3':
        for (std::size_t i = 0; i < order.size(); ++i) {
          set_channel(rgb, order[i], *at(0, x, y, order.size(), i));
        }
        return rgb;
      case '5':
        return get_word(at(0, x, y, 2));
      case 'g':
        yuv = {get_sample(at(0, x, y, sample_bytes()), space_.full), 128, 128};
        return to_rgb(yuv, space_);
      case 'b':
        rgb = {-1, -1, -1};  // not there
        set_channel(rgb, order[x % 2 + 2 * (y % 2)], get_sample(at(0, x, y, sample_bytes()), true));
        return rgb;
      case 'p':
        for (std::size_t i = 0; i < 4; ++i) {
          const char letter = order[i];
          if (letter == 'Y' && (i >= 2) != (x % 2 == 1)) continue;
          yuv[letter == 'Y' ? 0 : letter == 'U' ? 1 : 2] = *at(0, x / 2, y, 4, i);
        }
        return to_rgb(yuv, space_);
      default:
        yuv[0] = get_sample(at(0, x, y, sample_bytes()), false);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      yuv[order[i] == 'U' ? 1 : 2] = get_sample(chroma_at(x, y, i), false);
    }
    return to_rgb(yuv, space_);
  }

  bool is_grey() const { return description_.kind == 'g'; }
  bool is_rgb565() const { return description_.kind == '5'; }

 private:
  static std::uint8_t byte(double value) {
    return static_cast<std::uint8_t>(std::lround(std::min(255.0, std::max(0.0, value))));
  }
  static double channel(const Rgb& rgb, char letter) {
    return letter == 'R' ? rgb.r : letter == 'G' ? rgb.g : letter == 'B' ? rgb.b : 255;
  }
  static void set_channel(Rgb& rgb, char letter, double value) {
    if (letter == 'R') rgb.r = value;
    if (letter == 'G') rgb.g = value;
    if (letter == 'B') rgb.b = value;
  }
  std::size_t sample_bytes() const { return description_.bits > 8 ? 2 : 1; }

  std::uint8_t* at(std::size_t plane, std::uint32_t x, std::uint32_t y, std::size_t bytes,
                   std::size_t byte = 0) {
    return &planes_[plane].bytes()[y * layout_.planes[plane].stride_bytes + x * bytes + byte];
  }
  std::uint8_t* chroma_at(std::uint32_t x, std::uint32_t y, std::size_t index) {
    const auto cx = x / static_cast<std::uint32_t>(description_.x);
    const auto cy = y / static_cast<std::uint32_t>(description_.y);
    const std::size_t bytes = sample_bytes();
    if (description_.kind == 'P') return at(1 + index, cx, cy, bytes);
    return at(1, cx, cy, 2 * bytes, index * bytes);
  }

  // 255 is all ones in a full range; in a limited one, levels are those of 8 bits and zeros below.
  double unit(bool full) const {
    const double levels = std::pow(2, description_.bits);
    return full ? (levels - 1) / 255 : levels / 256;
  }
  void set_sample(std::uint8_t* to, double value, bool full) const {
    if (description_.bits == 8) {
      *to = byte(value);
      return;
    }
    auto sample = static_cast<std::uint16_t>(std::lround(value * unit(full)));
    if (description_.kind == 's') sample = static_cast<std::uint16_t>(sample << 6);
    std::memcpy(to, &sample, sizeof sample);
  }
  double get_sample(const std::uint8_t* from, bool full) const {
    if (description_.bits == 8) return *from;
    std::uint16_t sample = 0;
    std::memcpy(&sample, from, sizeof sample);
    if (description_.kind == 's') sample = static_cast<std::uint16_t>(sample >> 6);
    return sample / unit(full);
  }

  void set_word(std::uint8_t* to, const Rgb& rgb) const {
    const std::string order = description_.order;
    const bool big = order[0] == 'X';
    const double top = channel(rgb, order[order.size() - 3]), bottom = channel(rgb, order.back());
    const long word = std::lround(top * 31 / 255) << 11 | std::lround(rgb.g * 63 / 255) << 5 |
                      std::lround(bottom * 31 / 255);
    to[big ? 1 : 0] = static_cast<std::uint8_t>(word);
    to[big ? 0 : 1] = static_cast<std::uint8_t>(word >> 8);
  }
  Rgb get_word(const std::uint8_t* from) const {
    const std::string order = description_.order;
    const bool big = order[0] == 'X';
    const int word = from[big ? 1 : 0] | from[big ? 0 : 1] << 8;
    Rgb rgb{0, (word >> 5 & 63) * 255.0 / 63, 0};
    set_channel(rgb, order[order.size() - 3], (word >> 11) * 255.0 / 31);
    set_channel(rgb, order.back(), (word & 31) * 255.0 / 31);
    return rgb;
  }

  Description description_;
  Space space_;
  Layout layout_;
  std::array<Fenced, kMaxPlanes> planes_;
};

}  // namespace vsl::convert::reference
