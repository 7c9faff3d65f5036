// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>

#include "base/testing.hpp"
#include "tests/lab/dma_bufs.hpp"

/// Memory from the kernel's dma-buf allocators, which machines that build this project lack.
namespace vsl::lab {
namespace {

constexpr std::size_t kBytes = 100'000;  // not whole pages

class DmaBufTest : public ::testing::TestWithParam<Source> {
 protected:
  static std::shared_ptr<Buffer> allocate() {
    auto buffer = Buffer::allocate(kBytes, GetParam().options);
    EXPECT_TRUE(buffer) << (buffer ? "" : buffer.error().message());
    return buffer ? *std::move(buffer) : nullptr;
  }
};

INSTANTIATE_TEST_SUITE_P(Of, DmaBufTest, every_source(), name_of);

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

TEST_P(DmaBufTest, IsToldApartFromEveryOther) {
  const auto one = allocate(), other = allocate();
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->inode(), other->inode());
}

TEST_P(DmaBufTest, IsNotAttachedAsMoreThanItIs) {
  const auto buffer = allocate();
  ASSERT_NE(buffer, nullptr);
  const auto attached = Buffer::attach(buffer->fd(), 2 * kBytes);
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().code, std::errc::invalid_argument);
  EXPECT_NE(attached.error().where.find("102400 bytes"), std::string::npos)
      << attached.error().message();
}

TEST_P(DmaBufTest, CannotBeResizedByThoseItIsSharedWith) {
  const auto buffer = allocate();
  ASSERT_NE(buffer, nullptr);
  EXPECT_NE(::ftruncate(buffer->fd(), 0), 0);
  EXPECT_TRUE(buffer->map());
}

TEST_P(DmaBufTest, IsGivenBackToTheKernelWithItsLastUser) {
  const auto fds = testing::open_fd_count();
  const int before = dma_bufs_alive();
  ASSERT_GE(before, 0);
  for (int i = 0; i < 100; ++i) {
    const auto buffer = allocate();
    ASSERT_NE(buffer, nullptr) << i;
    const auto attached = Buffer::attach(buffer->fd());
    ASSERT_TRUE(attached && (*attached)->map());
    EXPECT_EQ(dma_bufs_alive(), before + 1);
  }
  EXPECT_EQ(testing::open_fd_count(), fds);
  EXPECT_EQ(dma_bufs_alive(), before);
}

TEST(UdmabufTest, SaysWhoseLimitTooLargeABufferMeets) {
  constexpr std::size_t kOverTheDriversLimit = std::size_t{65} << 20;
  const auto buffer = Buffer::allocate(kOverTheDriversLimit, {.source = MemorySource::udmabuf});
  ASSERT_FALSE(buffer);
  EXPECT_NE(buffer.error().where.find("size_limit_mb"), std::string::npos)
      << buffer.error().message();
}

}  // namespace
}  // namespace vsl::lab
