// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "demo_size.hpp"

#include <gtest/gtest.h>

namespace vsl::command {
namespace {

Resolution fitted(std::uint32_t width_px, std::uint32_t height_px, int rotation = 0,
                  avformat::PixelAspect pixel = {}) {
  avformat::VideoStream video;
  video.width_px = width_px;
  video.height_px = height_px;
  video.rotation_degrees = rotation;
  video.pixel = pixel;
  return size_within({1920, 1080}, video);
}

TEST(DemoSizeTest, AVideoKeepsItsShape) {
  EXPECT_EQ(fitted(1280, 720), (Resolution{1920, 1080}));
  EXPECT_EQ(fitted(320, 240), (Resolution{1440, 1080}));
  EXPECT_EQ(fitted(1080, 1920), (Resolution{608, 1080}));
}

TEST(DemoSizeTest, APictureThatPlayersTurnIsFittedAsItIsSeen) {
  EXPECT_EQ(fitted(1920, 1080, 90), (Resolution{1080, 608}));
}

TEST(DemoSizeTest, PixelsThatAreNotSquareBecomeSquare) {
  EXPECT_EQ(fitted(720, 576, 0, {64, 45}), (Resolution{1920, 1080}));
}

}  // namespace
}  // namespace vsl::command
