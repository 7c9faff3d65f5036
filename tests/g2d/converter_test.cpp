// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <thread>

#include "tests/g2d/engines.hpp"

/// What programs see of the engine where there is one. With memory it can have: tests/lab.
namespace vsl::g2d_stand_in {
namespace {

class ConverterTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::unsetenv("VSL_CONVERT_BACKEND"), 0); }
  // Whoever asks for libg2d.so.2 finds it from now on.
  Vendor vendor_{VSL_G2D_NEW};
};

TEST_F(ConverterTest, TheListSaysWhatTheEngineCan) {
  // In a thread of its own: the handle is closed with it.
  std::thread([] {
    const auto list = list_converters();
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 2u);
    EXPECT_EQ((*list)[0].name, "g2d");
    EXPECT_EQ((*list)[0].description,
              "libg2d.so.2, 64-bit addresses, scales, reads YUV, writes YUV");
    EXPECT_FALSE((*list)[0].missing);
    EXPECT_EQ((*list)[1].name, "libyuv");
    EXPECT_FALSE((*list)[1].missing);
  }).join();
}

TEST_F(ConverterTest, AnEngineThatDoesNotOpenIsListedWithTheReason) {
  vendor_->fail_open = 1;
  std::thread([] {
    const auto list = list_converters();
    ASSERT_TRUE(list && (*list)[0].missing);
    EXPECT_EQ((*list)[0].missing->code, std::errc::no_such_device);
  }).join();
}

TEST_F(ConverterTest, TheEnvironmentKeepsTheEngineOut) {
  ASSERT_EQ(::setenv("VSL_CONVERT_BACKEND", "libyuv", 1), 0);
  const auto list = list_converters();
  ASSERT_TRUE(list && (*list)[0].missing);
  EXPECT_NE((*list)[0].missing->where.find("VSL_CONVERT_BACKEND"), std::string::npos);
}

TEST_F(ConverterTest, OrdinaryMemoryIsConvertedByTheCpuAndOpensNoEngine) {
  Frame from = scene("NV12", 96, 48), to = frame_of(engine_layout("BGRA", 96, 48));
  auto converter = Converter::create();
  ASSERT_TRUE(converter && converter->convert(from, to));
  EXPECT_EQ(converter->stats().by_libyuv, 1u);
  EXPECT_EQ(converter->stats().by_g2d, 0u);
  EXPECT_EQ(converter->stats().g2d_failures, 0u);
  EXPECT_EQ(vendor_->handles, 0);
}

}  // namespace
}  // namespace vsl::g2d_stand_in
