// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "coded_pictures.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace vsl::test {
namespace {

MemoryOptions on_heap() { return {MemorySource::dma_heap, "/dev/dma_heap/linux,cma-uncached"}; }

/// Where a sample of a picture lies: which of luma, U and V, at which place of its own raster.
std::byte& sample(Frame& picture, std::size_t component, std::size_t x, std::size_t y) {
  const Layout& layout = picture.info().layout;
  const auto at = [&](std::size_t plane, std::size_t row, std::size_t byte) -> std::byte& {
    return picture.plane(plane)[row * layout.planes[plane].stride_bytes + byte];
  };
  if (layout.plane_count == 1) {  // packed, of whose chroma every second row is looked at
    const std::size_t luma = layout.fourcc == fourcc("UYVY") ? 1 : 0;
    if (component == 0) return at(0, y, 2 * x + luma);
    return at(0, 2 * y, 4 * x + 2 * (component - 1) + 1 - luma);
  }
  if (component == 0) return at(0, y, x);
  return layout.plane_count == 2 ? at(1, y, 2 * x + component - 1) : at(component, y, x);
}

/// All samples of a picture of 4:2:0, or what becomes of one of 4:2:2, component by component.
Bytes components_of(Frame& picture) {
  Bytes samples;
  for (std::size_t component = 0; component < 3; ++component) {
    const std::size_t part = component == 0 ? 1 : 2;
    for (std::size_t y = 0; y < kHeightPx / part; ++y) {
      for (std::size_t x = 0; x < kWidthPx / part; ++x) {
        samples.push_back(sample(picture, component, x, y));
      }
    }
  }
  return samples;
}

Frame moved_to_heap(Frame picture) {
  const Layout& from = picture.info().layout;
  const auto to = Layout::packed(from.fourcc, kWidthPx, kHeightPx, 32);
  auto moved = Frame::allocate(*to, on_heap());
  EXPECT_TRUE(moved) << moved.error().message();
  for (std::size_t i = 0; i < from.plane_count; ++i) {
    for (std::uint32_t row = 0; row < from.plane_rows(i); ++row) {
      std::memcpy(moved->plane(i).data() + std::size_t{row} * to->planes[i].stride_bytes,
                  picture.plane(i).data() + std::size_t{row} * from.planes[i].stride_bytes,
                  from.plane_row_bytes(i));
    }
  }
  return std::move(*moved);
}

}  // namespace

Frame a_picture(int number, Fourcc format) {
  Frame picture = a_picture(format, kWidthPx, kHeightPx, number);
  for (std::size_t y = 0; y < kHeightPx / 2; ++y) {
    for (std::size_t x = 0; x < kWidthPx / 2; ++x) {
      sample(picture, 1, x, y) = static_cast<std::byte>(60 + y / 4);
      sample(picture, 2, x, y) = static_cast<std::byte>(180 - y / 4);
    }
  }
  picture.end_cpu_access();
  return picture;
}

Coded encode(int count, const EncoderOptions& wanted, bool heap, Fourcc format) {
  EncoderOptions options = wanted;
  options.backend = kHantro;
  Coded coded;
  auto encoder = Encoder::create(options);
  EXPECT_TRUE(encoder) << encoder.error().message();
  for (int i = 0; i < count; ++i) {
    Frame picture = a_picture(i, format);
    coded.pictures.push_back(components_of(picture));
    if (heap) picture = moved_to_heap(std::move(picture));
    const auto taken = encoder->encode(picture);
    EXPECT_TRUE(taken) << taken.error().message();
    take_packets(*encoder, [&](Frame& packet) { coded.packets.push_back(std::move(packet)); });
  }
  EXPECT_TRUE(encoder->drain());
  coded.stats = encoder->stats();
  return coded;
}

Decoder a_decoder() {
  auto decoder = Decoder::create({.backend = kHantro});
  EXPECT_TRUE(decoder) << decoder.error().message();
  return std::move(*decoder);
}

void decode(Decoder& decoder, std::vector<Frame>& packets, const TakePicture& take) {
  for (Frame& packet : packets) {
    ASSERT_TRUE(decoder.decode(packet));
    take_pictures(decoder, take);
  }
  ASSERT_TRUE(decoder.drain());
  take_pictures(decoder, take);
}

void expect_pictures(Coded& coded) {
  Decoder decoder = a_decoder();
  std::size_t count = 0;
  decode(decoder, coded.packets, [&](Frame& picture) {
    ASSERT_LT(count, coded.pictures.size());
    EXPECT_GT(psnr_db(coded.pictures[count++], components_of(picture)), 30);
  });
  EXPECT_EQ(count, coded.pictures.size());
}

}  // namespace vsl::test
