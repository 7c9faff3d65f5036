// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stream_look.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace vsl::command {
namespace {

using testing::HasSubstr;

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> result;
  for (const unsigned value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

TEST(StreamLookTest, TellsHeadersOfHevcFromThoseOfH264WithoutAParameterSet) {
  const auto hevc = bytes({0, 0, 1, 0x26, 0x01, 0xaf, 0, 0, 1, 0x02, 0x01, 0xd0});
  EXPECT_THAT(look_of_stream(VideoCodec::h264, hevc), HasSubstr("try --codec h265"));
  EXPECT_THAT(look_of_stream(VideoCodec::hevc, hevc), HasSubstr("not the parameter sets (VPS, "));
  const auto h264 = bytes({0, 0, 1, 0x65, 0x88, 0x80, 0, 0, 1, 0x41, 0x9a, 0x02});
  EXPECT_THAT(look_of_stream(VideoCodec::hevc, h264), HasSubstr("try --codec h264"));
  EXPECT_THAT(look_of_stream(VideoCodec::h264, h264), HasSubstr("not the parameter sets (SPS, "));
}

TEST(StreamLookTest, DoesNotTakeADelimiterAloneForAStream) {
  EXPECT_THAT(look_of_stream(VideoCodec::h264, bytes({0, 0, 1, 0x09, 0xf0})),
              HasSubstr("no slices of H.264"));
}

TEST(StreamLookTest, HasAnAnswerForAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> head(random() % 64);
    // Mostly zeros and ones, so that there are start codes.
    for (std::byte& byte : head) {
      const unsigned draw = random();
      byte = static_cast<std::byte>(draw % 4 == 0 ? draw >> 8 : draw % 2);
    }
    for (const VideoCodec codec : {VideoCodec::h264, VideoCodec::hevc}) {
      EXPECT_FALSE(look_of_stream(codec, head).empty());
    }
  }
}

}  // namespace
}  // namespace vsl::command
