// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/frame.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/testing.hpp"

namespace vsl {
namespace {

class RecordingOwner final : public FrameOwner {
 public:
  void release_frame(std::uint64_t token) noexcept override { released.push_back(token); }
  std::vector<std::uint64_t> released;
};

Layout nv12() { return *Layout::packed(fourcc("NV12"), 64, 48); }

std::shared_ptr<Buffer> memory(std::size_t bytes) {
  return *Buffer::allocate(bytes, {.source = MemorySource::memfd});
}

Frame owned_frame(const std::shared_ptr<FrameOwner>& owner, std::uint64_t token) {
  const auto buffer = memory(nv12().buffer_bytes[0]);
  auto frame = Frame::wrap({.layout = nv12()}, {&buffer, 1}, owner, token);
  EXPECT_TRUE(frame);
  return *std::move(frame);
}

TEST(FrameTest, GivesEachPlaneItsBytes) {
  auto frame = Frame::allocate(nv12());
  ASSERT_TRUE(frame);
  const auto luma = frame->plane(0);
  const auto chroma = frame->plane(1);
  EXPECT_EQ(luma.size(), 64U * 48);
  EXPECT_EQ(chroma.size(), 64U * 24);
  EXPECT_EQ(chroma.data(), luma.data() + luma.size());
  EXPECT_TRUE(frame->plane(2).empty());
  EXPECT_TRUE(frame->plane(99).empty());
  chroma.back() = std::byte{3};
  EXPECT_EQ(frame->buffer(0)->map()->back(), std::byte{3});
}

TEST(FrameTest, IsEmptyUntilItHasMemory) {
  Frame frame;
  EXPECT_FALSE(frame);
  EXPECT_TRUE(frame.plane(0).empty());
  EXPECT_TRUE(frame.map());
  frame.end_cpu_access();
}

TEST(FrameTest, ReachesPlanesInBuffersOfTheirOwn) {
  Layout layout = nv12();
  layout.buffer_count = 2;
  layout.buffer_bytes = {64 * 48, 64 * 24};
  layout.planes[1] = {.offset_bytes = 0, .stride_bytes = 64, .buffer = 1};
  const std::array buffers{memory(64 * 48), memory(64 * 24)};
  auto frame = Frame::wrap({.layout = layout}, buffers);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->plane(1).data(), buffers[1]->map()->data());
  EXPECT_EQ(frame->plane(1).size(), 64U * 24);
}

TEST(FrameTest, RefusesALayoutThatDoesNotFitItsMemory) {
  const std::array<std::shared_ptr<Buffer>, 5> many{memory(100), nullptr};
  const FrameInfo info{.layout = nv12()};
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, many.size()}) {
    const auto frame = Frame::wrap(info, {many.data(), count});
    ASSERT_FALSE(frame) << count;
    EXPECT_EQ(frame.error().code, std::errc::invalid_argument);
  }
}

TEST(FrameTest, StaysInsideItsMemoryWhenItsLayoutIsTamperedWith) {
  auto frame = Frame::allocate(nv12());
  ASSERT_TRUE(frame);
  Layout& layout = frame->info().layout;
  layout.height_px = 65536;
  layout.buffer_bytes[0] = std::uint64_t{1} << 40;
  EXPECT_TRUE(frame->plane(0).empty());
  layout = nv12();
  layout.planes[0].offset_bytes = ~std::uint64_t{0};
  layout.planes[1].buffer = 3;
  EXPECT_TRUE(frame->plane(0).empty());
  EXPECT_TRUE(frame->plane(1).empty());
}

TEST(FrameTest, TellsItsOwnerOnceWhenItEnds) {
  const auto owner = std::make_shared<RecordingOwner>();
  {
    Frame frame = owned_frame(owner, 7);
    Frame moved = std::move(frame);
    EXPECT_FALSE(frame);
    EXPECT_TRUE(moved);
    EXPECT_TRUE(owner->released.empty());
  }
  EXPECT_EQ(owner->released, std::vector<std::uint64_t>{7});
}

TEST(FrameTest, ReleasesWhatAnAssignmentReplaces) {
  const auto owner = std::make_shared<RecordingOwner>();
  Frame frame = owned_frame(owner, 1);
  frame = owned_frame(owner, 2);
  EXPECT_EQ(owner->released, std::vector<std::uint64_t>{1});
  Frame& alias = frame;
  frame = std::move(alias);
  EXPECT_TRUE(frame);
  frame = Frame();
  EXPECT_EQ(owner->released, (std::vector<std::uint64_t>{1, 2}));
}

TEST(FrameTest, DoesNotTellAnOwnerOfAFrameThatNeverWas) {
  const auto owner = std::make_shared<RecordingOwner>();
  const auto buffer = memory(100);
  EXPECT_FALSE(Frame::wrap({.layout = nv12()}, {&buffer, 1}, owner, 1));
  EXPECT_TRUE(owner->released.empty());
}

TEST(FrameTest, CarriesUserBytesUpToTheLimit) {
  auto frame = Frame::allocate(nv12());
  ASSERT_TRUE(frame);
  std::vector<std::byte> blob(kMaxBlobBytes, std::byte{5});
  ASSERT_TRUE(frame->set_blob(blob));
  const Frame moved = *std::move(frame);
  EXPECT_TRUE(std::equal(blob.begin(), blob.end(), moved.blob().begin(), moved.blob().end()));
  blob.push_back(std::byte{5});
  Frame other;
  const auto refused = other.set_blob(blob);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::message_size);
}

TEST(FrameTest, StartsWithoutUserBytesWhateverItsDescriptionSays) {
  const auto buffer = memory(nv12().buffer_bytes[0]);
  const auto frame = Frame::wrap({.layout = nv12(), .blob_bytes = 5000}, {&buffer, 1});
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->blob().empty());
  EXPECT_FALSE(Frame::wrap({.layout = nv12(), .damage_count = 5}, {&buffer, 1}));
}

TEST(FrameTest, CanBeWrittenAgainAfterCpuAccessEnded) {
  auto frame = Frame::allocate(nv12());
  ASSERT_TRUE(frame);
  const std::byte* const first = frame->plane(0).data();
  frame->end_cpu_access();
  frame->end_cpu_access();
  EXPECT_EQ(frame->plane(0).data(), first);
}

TEST(FrameTest, ReturnsItsMemoryWithItsLastUser) {
  const auto before = testing::open_fd_count();
  {
    auto frame = Frame::allocate(nv12());
    ASSERT_TRUE(frame);
    EXPECT_EQ(testing::open_fd_count(), before + 1);
  }
  EXPECT_EQ(testing::open_fd_count(), before);
  EXPECT_FALSE(Frame::allocate(Layout{}));
  EXPECT_EQ(testing::open_fd_count(), before);
}

}  // namespace
}  // namespace vsl
