// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cerrno>

#include "tests/capi/bus.hpp"
#include "tests/lab/dma_bufs.hpp"

/// What C programs get where there are dma-heaps.
namespace vsl::lab {
namespace {

using capi_test::FramePtr;

FramePtr frame_of_1080p() {
  return FramePtr(vsl_frame_init(1920, 1080, 0, capi_test::kNv12, nullptr, nullptr));
}

TEST(CMemoryTest, IsContiguousWhenNoPathIsGiven) {
  const FramePtr frame = frame_of_1080p();
  ASSERT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0) << vsl_last_error();
  EXPECT_STREQ(vsl_frame_path(frame.get()), kContiguousHeap);
  EXPECT_EQ(vsl_frame_size(frame.get()), 1920 * 1080 * 3 / 2);
  EXPECT_GE(vsl_frame_handle(frame.get()), 0);
}

TEST(CMemoryTest, IsPagesOnceContiguousMemoryIsExhausted) {
  const auto hog = take_all_contiguous_memory();
  // Pieces of the hog are larger than a frame, so there may be room for one or two yet.
  std::vector<FramePtr> more;
  while (more.size() < 4) {
    more.push_back(frame_of_1080p());
    ASSERT_EQ(vsl_frame_alloc(more.back().get(), nullptr), 0) << vsl_last_error();
  }
  EXPECT_STREQ(vsl_frame_path(more.back().get()), kPageHeap);
}

TEST(CMemoryTest, ComesFromTheHeapThatIsNamed) {
  for (const char* heap : {kPageHeap, kContiguousHeap}) {
    const FramePtr frame = frame_of_1080p();
    ASSERT_EQ(vsl_frame_alloc(frame.get(), heap), 0) << vsl_last_error();
    EXPECT_STREQ(vsl_frame_path(frame.get()), heap);
  }
}

TEST(CMemoryTest, HasNoPhysicalAddressOnAMainlineKernel) {
  const FramePtr frame = frame_of_1080p();
  ASSERT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0) << vsl_last_error();
  EXPECT_EQ(vsl_frame_paddr(frame.get()), -1);
  EXPECT_NE(std::string(vsl_last_error()).find("address"), std::string::npos);
}

TEST(CMemoryTest, IsReturnedByUnalloc) {
  const int before = dma_bufs_alive();
  const FramePtr frame = frame_of_1080p();
  ASSERT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0) << vsl_last_error();
  ASSERT_NE(vsl_frame_mmap(frame.get(), nullptr), nullptr);
  EXPECT_EQ(dma_bufs_alive(), before + 1);
  vsl_frame_unalloc(frame.get());
  EXPECT_EQ(dma_bufs_alive(), before);
}

}  // namespace
}  // namespace vsl::lab
