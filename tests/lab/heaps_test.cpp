// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "base/testing.hpp"
#include "videostream/buffer.hpp"

/// Memory from the kernel's dma-buf allocators, which machines that build this project lack.
namespace vsl {
namespace {

constexpr std::size_t kBytes = 100'000;  // not whole pages

struct Source {
  const char* name;
  MemoryOptions options;
};
void PrintTo(const Source& source, std::ostream* out) { *out << source.name; }

class DmaBufTest : public ::testing::TestWithParam<Source> {
 protected:
  static std::shared_ptr<Buffer> allocate() {
    auto buffer = Buffer::allocate(kBytes, GetParam().options);
    EXPECT_TRUE(buffer) << (buffer ? "" : buffer.error().message());
    return buffer ? *std::move(buffer) : nullptr;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Sources, DmaBufTest,
    ::testing::Values(
        Source{"System", {MemorySource::dma_heap, "/dev/dma_heap/system", Access::read}},
        Source{"Contiguous", {MemorySource::dma_heap, "/dev/dma_heap/reserved", Access::read}},
        Source{"Udmabuf", {MemorySource::udmabuf, "", Access::read}}),
    [](const auto& source) { return source.param.name; });

TEST_P(DmaBufTest, IsAllocatedMappedAndClean) {
  const auto buffer = allocate();
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(buffer->kind(), MemoryKind::dma_buf);
  EXPECT_EQ(buffer->size_bytes(), kBytes);
  EXPECT_FALSE(buffer->may_fault());
  EXPECT_EQ(::fcntl(buffer->fd(), F_GETFD), FD_CLOEXEC);
  const auto memory = buffer->map();
  ASSERT_TRUE(memory);
  ASSERT_EQ(memory->size(), kBytes);
  EXPECT_EQ(std::count(memory->begin(), memory->end(), std::byte{0}),
            static_cast<std::ptrdiff_t>(kBytes))
      << "what others left in it must not be seen";
}

TEST_P(DmaBufTest, IsTheSameMemoryForWhoeverAttachesItsDescriptor) {
  const auto buffer = allocate();
  ASSERT_NE(buffer, nullptr);
  const auto attached = Buffer::attach(buffer->fd());
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ((*attached)->kind(), MemoryKind::dma_buf);
  EXPECT_EQ((*attached)->inode(), buffer->inode());
  EXPECT_EQ((*attached)->device(), buffer->device());
  EXPECT_GE((*attached)->size_bytes(), kBytes);
  const auto ours = buffer->map();
  const auto theirs = (*attached)->map();
  ASSERT_TRUE(ours && theirs);
  ASSERT_TRUE(buffer->begin_cpu_access(Access::read_write));
  ours->front() = std::byte{1};
  ours->back() = std::byte{2};
  ASSERT_TRUE(buffer->end_cpu_access(Access::read_write));
  ASSERT_TRUE((*attached)->begin_cpu_access(Access::read));
  EXPECT_EQ(theirs->front(), std::byte{1});
  EXPECT_EQ((*theirs)[kBytes - 1], std::byte{2});
  EXPECT_TRUE((*attached)->end_cpu_access(Access::read));
}

TEST_P(DmaBufTest, IsGivenBackWithItsDescriptor) {
  const auto before = testing::open_fd_count();
  for (int i = 0; i < 200; ++i) ASSERT_NE(allocate(), nullptr) << i;
  EXPECT_EQ(testing::open_fd_count(), before);
}

}  // namespace
}  // namespace vsl
