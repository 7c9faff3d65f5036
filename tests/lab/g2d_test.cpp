// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "tests/lab/dma_bufs.hpp"

#include "tests/g2d/engines.hpp"

/// Conversion as programs do it, with a stand-in for the vendor's library and the kernel's own
/// dma-bufs.
namespace vsl::lab {
namespace {

using g2d_stand_in::compare;
using g2d_stand_in::Control;
using g2d_stand_in::engine_layout;
using g2d_stand_in::kControl;
using g2d_stand_in::scene;

class G2dTest : public ::testing::Test {
 protected:
  // Whoever asks for libg2d.so.2 from now on gets this one.
  static void SetUpTestSuite() {
    void* const library = ::dlopen(VSL_G2D_NEW, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << ::dlerror();
    control = reinterpret_cast<Control* (*)()>(::dlsym(library, kControl))();
  }
  void SetUp() override { ASSERT_NE(control, nullptr); }
  void TearDown() override { EXPECT_EQ(control->violations, ""); }

  static Frame frame_in(const char* heap, const Layout& layout) {
    auto frame = Frame::allocate(layout, {MemorySource::dma_heap, heap, Access::read});
    EXPECT_TRUE(frame) << frame.error().message();
    return *std::move(frame);
  }
  /// A scene in a heap.
  static Frame scene_in(const char* heap) {
    Frame painted = scene("NV12", 96, 48);
    Frame frame = frame_in(heap, engine_layout("NV12", 96, 48));
    auto converter = Converter::create();
    EXPECT_TRUE(converter && converter->convert(painted, frame));
    return frame;
  }

  static inline Control* control = nullptr;
};

TEST_F(G2dTest, FramesInContiguousMemoryAreConvertedByTheEngine) {
  Frame from = scene_in(kContiguousHeap);
  Frame to = frame_in(kContiguousHeap, engine_layout("BGRA", 64, 30));
  Frame other = frame_in(kPageHeap, engine_layout("BGRA", 64, 30));
  auto converter = Converter::create();
  ASSERT_TRUE(converter);
  ASSERT_TRUE(converter->convert(from, to));
  EXPECT_EQ(converter->stats().by_g2d, 1u);
  ASSERT_TRUE(converter->convert(from, other)) << "by the CPU: its pages lie anywhere";
  EXPECT_EQ(converter->stats().by_g2d, 1u);
  EXPECT_EQ(converter->stats().by_libyuv, 1u);
  EXPECT_LE(compare(to, other, std::byte{0}).worst, 6);
}

TEST_F(G2dTest, APictureTheEngineFailsAtIsConvertedByTheCpu) {
  Frame from = scene_in(kContiguousHeap);
  Frame to = frame_in(kContiguousHeap, engine_layout("BGRA", 96, 48));
  auto converter = Converter::create();
  ASSERT_TRUE(converter);
  control->fail_blit = 1;
  ASSERT_TRUE(converter->convert(from, to));
  EXPECT_EQ(converter->stats().g2d_failures, 1u);
  EXPECT_EQ(converter->stats().by_libyuv, 1u);
  EXPECT_NE(to.plane(0)[0], std::byte{0});
  ASSERT_TRUE(converter->convert(from, to));
  EXPECT_EQ(converter->stats().by_g2d, 1u);
}

}  // namespace
}  // namespace vsl::lab
