// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstring>

#include "tests/capi/bus.hpp"

namespace capi_test {
namespace {

FramePtr frame_of(const char* format, std::uint32_t width, std::uint32_t height) {
  const std::uint32_t fourcc = vsl_fourcc_from_string(format);
  FramePtr frame(vsl_frame_init(width, height, 0, fourcc, nullptr, nullptr));
  EXPECT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0);
  return frame;
}

std::uint8_t* bytes_of(const FramePtr& frame) {
  return static_cast<std::uint8_t*>(vsl_frame_mmap(frame.get(), nullptr));
}

void fails_with(int expected, int outcome) {
  EXPECT_EQ(outcome, -1);
  EXPECT_EQ(errno, expected) << vsl_last_error();
  EXPECT_STRNE(vsl_last_error(), "");
}

TEST(CCopy, ConvertsAndScalesTheRectangle) {
  const FramePtr source = frame_of("GREY", 64, 48), target = frame_of("RGB3", 16, 8);
  std::uint8_t* grey = bytes_of(source);
  std::memset(grey, 10, 64 * 48);
  for (int y = 16; y < 32; ++y) std::memset(grey + y * 64 + 32, 200, 32);
  const VSLRect bright{32, 16, 32, 16};
  EXPECT_EQ(vsl_frame_copy(target.get(), source.get(), &bright), 16 * 8 * 3);
  const std::uint8_t* rgb = bytes_of(target);
  for (int i = 0; i < 16 * 8 * 3; ++i) ASSERT_NEAR(rgb[i], 200, 1) << i;
}

TEST(CCopy, TakesAllOfTheSourceWithoutARectangle) {
  const FramePtr source = frame_of("YUYV", 64, 48), target = frame_of("NV12", 64, 48);
  std::memset(bytes_of(source), 90, 64 * 48 * 2);
  EXPECT_EQ(vsl_frame_copy(target.get(), source.get(), nullptr), vsl_frame_size(target.get()));
  const std::uint8_t* nv12 = bytes_of(target);
  for (int i = 0; i < 64 * 48 * 3 / 2; ++i) ASSERT_EQ(nv12[i], 90) << i;
}

TEST(CCopy, RefusesWhatIsNoFrameAndWhatHasNoMemory) {
  const FramePtr frame = frame_of("GREY", 8, 8);
  const FramePtr none(vsl_frame_init(8, 8, 0, vsl_fourcc_from_string("GREY"), nullptr, nullptr));
  fails_with(EINVAL, vsl_frame_copy(nullptr, frame.get(), nullptr));
  fails_with(EINVAL, vsl_frame_copy(frame.get(), nullptr, nullptr));
  fails_with(EINVAL, vsl_frame_copy(none.get(), frame.get(), nullptr));
  fails_with(EINVAL, vsl_frame_copy(frame.get(), none.get(), nullptr));
  fails_with(EINVAL, vsl_frame_copy(frame.get(), frame.get(), nullptr));
}

TEST(CCopy, RefusesARectangleThatIsEmptyOrOutside) {
  const FramePtr source = frame_of("GREY", 8, 8), target = frame_of("GREY", 8, 8);
  for (const VSLRect& rect : {VSLRect{0, 0, 0, 0}, VSLRect{0, 0, 9, 8}, VSLRect{-1, 0, 4, 4},
                              VSLRect{8, 8, 1, 1}, VSLRect{1, 1, 0x7fffffff, 4}}) {
    fails_with(EINVAL, vsl_frame_copy(target.get(), source.get(), &rect));
  }
}

TEST(CCopy, SaysWhichPairItCannotConvert) {
  const FramePtr target = frame_of("GREY", 8, 8);
  const FramePtr coded(vsl_frame_init(8, 8, 64, kH264, nullptr, nullptr));
  const FramePtr memory = frame_of("GREY", 64, 8);
  ASSERT_EQ(vsl_frame_attach(coded.get(), vsl_frame_handle(memory.get()), 512, 0), 0);
  fails_with(ENOTSUP, vsl_frame_copy(target.get(), coded.get(), nullptr));
  EXPECT_NE(std::strstr(vsl_last_error(), "H264 to 8x8 GREY"), nullptr) << vsl_last_error();
}

using CCopyBus = Bus;

TEST_F(CCopyBus, ReadsReceivedFramesAndWritesNoneThatOthersSee) {
  const ClientPtr client = connect();
  VSLFrame* const posted = post(90);
  const FramePtr received = wait(client);
  const FramePtr own = frame_of("NV12", 64, 4);
  EXPECT_EQ(vsl_frame_copy(own.get(), received.get(), nullptr), vsl_frame_size(own.get()));
  EXPECT_EQ(first_byte(own.get()), 90);
  fails_with(EACCES, vsl_frame_copy(received.get(), own.get(), nullptr));
  fails_with(EACCES, vsl_frame_copy(posted, own.get(), nullptr));
}

}  // namespace
}  // namespace capi_test
