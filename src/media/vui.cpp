// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/vui.hpp"

#include <array>

namespace vsl {
namespace {

struct Ratio {
  std::uint8_t width, height;
};
// Rec. ITU-T H.264 table E-1; index 0 says nothing.
constexpr std::array<Ratio, 17> kRatios{{{0, 0},
                                         {1, 1},
                                         {12, 11},
                                         {10, 11},
                                         {16, 11},
                                         {40, 33},
                                         {24, 11},
                                         {20, 11},
                                         {32, 11},
                                         {80, 33},
                                         {18, 11},
                                         {15, 11},
                                         {64, 33},
                                         {160, 99},
                                         {4, 3},
                                         {3, 2},
                                         {2, 1}}};
constexpr std::uint32_t kExtendedRatio = 255;

void read_aspect_ratio(BitReader& bits, SequenceInfo& info) {
  const std::uint32_t index = bits.bits(8);
  if (index == kExtendedRatio) {
    info.sample_width = bits.bits(16);
    info.sample_height = bits.bits(16);
  } else if (index < kRatios.size()) {
    info.sample_width = kRatios[index].width;
    info.sample_height = kRatios[index].height;
  }
}

void read_signal_type(BitReader& bits, Colorimetry& color) {
  bits.skip(3);  // video_format
  color.range = bits.flag() ? 2 : 1;
  if (!bits.flag()) return;
  color.primaries = static_cast<std::uint8_t>(bits.bits(8));
  color.transfer = static_cast<std::uint8_t>(bits.bits(8));
  color.matrix = static_cast<std::uint8_t>(bits.bits(8));
}

}  // namespace

void read_common_vui(BitReader& bits, SequenceInfo& info) {
  if (bits.flag()) read_aspect_ratio(bits, info);
  if (bits.flag()) bits.skip(1);  // overscan_appropriate_flag
  if (bits.flag()) read_signal_type(bits, info.color);
  if (bits.flag()) {
    constexpr std::uint32_t kLastPosition = 5;
    info.color.chroma_site = static_cast<std::uint8_t>(bits.golomb_up_to(kLastPosition) + 1);
    bits.golomb_up_to(kLastPosition);  // of the bottom field
  }
}

void read_crop(BitReader& bits, SequenceInfo& info, std::uint32_t unit_x, std::uint32_t unit_y) {
  const std::uint32_t most_x = info.coded_width_px / unit_x;
  const std::uint32_t most_y = info.coded_height_px / unit_y;
  const std::uint32_t left = bits.golomb_up_to(most_x), right = bits.golomb_up_to(most_x);
  const std::uint32_t top = bits.golomb_up_to(most_y), bottom = bits.golomb_up_to(most_y);
  if ((left + right) * unit_x >= info.coded_width_px ||
      (top + bottom) * unit_y >= info.coded_height_px) {
    return bits.fail();
  }
  info.visible.x = static_cast<std::int32_t>(left * unit_x);
  info.visible.y = static_cast<std::int32_t>(top * unit_y);
  info.visible.width -= static_cast<std::int32_t>((left + right) * unit_x);
  info.visible.height -= static_cast<std::int32_t>((top + bottom) * unit_y);
}

}  // namespace vsl
