// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/buffer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "base/testing.hpp"
#include "base/unique_fd.hpp"

namespace vsl {
namespace {

constexpr std::size_t kBytes = 10'000;  // no multiple of a page

std::shared_ptr<Buffer> allocate(const MemoryOptions& options) {
  auto buffer = Buffer::allocate(kBytes, options);
  EXPECT_TRUE(buffer) << (buffer ? "" : buffer.error().message());
  return buffer ? *buffer : nullptr;
}

bool shm_exists(const std::string& name) {
  const UniqueFd fd(::shm_open(name.c_str(), O_RDONLY, 0));
  return static_cast<bool>(fd);
}

TEST(BufferTest, FallsThroughToAMemfdWhereThereIsNoDmaHeap) {
  if (::access("/dev/dma_heap", F_OK) == 0) GTEST_SKIP() << "this machine has dma-heaps";
  const auto buffer = allocate({.source = MemorySource::automatic, .name = "/dev/dma_heap/none"});
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(buffer->kind(), MemoryKind::memfd);
  EXPECT_EQ(buffer->name(), "");
  EXPECT_EQ(buffer->size_bytes(), kBytes);
}

TEST(BufferTest, ReportsTheErrorOfTheAllocatorThatWasAskedFor) {
  const auto heap = Buffer::allocate(
      kBytes, {.source = MemorySource::dma_heap, .name = "/dev/dma_heap/no-such-heap"});
  ASSERT_FALSE(heap);
  EXPECT_EQ(heap.error().code, std::errc::no_such_file_or_directory);
  EXPECT_NE(heap.error().where.find("no-such-heap"), std::string::npos);
  if (::access("/dev/udmabuf", F_OK) == 0) return;
  const auto udmabuf = Buffer::allocate(kBytes, {.source = MemorySource::udmabuf});
  ASSERT_FALSE(udmabuf);
  EXPECT_NE(udmabuf.error().where.find("/dev/udmabuf"), std::string::npos);
}

TEST(BufferTest, LetsNobodyElseWriteAMemfdThatIsForReading) {
  const auto buffer = allocate({.source = MemorySource::memfd, .access = Access::read});
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(buffer->access(), Access::read);
  const UniqueFd reopened = testing::reopen_writable(buffer->fd());
  for (const int fd : {buffer->fd(), reopened.get()}) {
    if (fd < 0) continue;  // not root: the mode refused already
    EXPECT_FALSE(testing::maps_writable(fd));
    EXPECT_EQ(errno, EPERM);
    EXPECT_LT(::pwrite(fd, "x", 1, 0), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_LT(::ftruncate(fd, 0), 0);
    EXPECT_EQ(errno, EPERM);
  }
  const auto bytes = buffer->map();
  ASSERT_TRUE(bytes);
  bytes->back() = std::byte{1};  // but its creator still can
}

TEST(BufferTest, LetsOthersWriteAMemfdThatIsForWritingButNotResizeIt) {
  const auto buffer = allocate({.source = MemorySource::memfd, .access = Access::read_write});
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(buffer->access(), Access::read_write);
  EXPECT_TRUE(testing::maps_writable(buffer->fd()));
  EXPECT_LT(::ftruncate(buffer->fd(), 0), 0);
  EXPECT_FALSE(buffer->may_fault());
}

TEST(BufferTest, IsMappedOnceForAllThreads) {
  const auto owner = allocate({.source = MemorySource::memfd, .access = Access::read_write});
  const auto attached = Buffer::attach(owner->fd());
  ASSERT_TRUE(attached);
  std::vector<const std::byte*> seen(8);
  std::vector<std::thread> threads;
  for (auto& address : seen) {
    threads.emplace_back([&] { address = (*attached)->map()->data(); });
  }
  for (auto& thread : threads) thread.join();
  for (const std::byte* address : seen) EXPECT_EQ(address, (*attached)->map()->data());
}

TEST(BufferTest, HasNothingToDoForCpuAccessToAMemfd) {
  const auto buffer = allocate({.source = MemorySource::memfd});
  EXPECT_TRUE(buffer->begin_cpu_access(Access::read_write));
  EXPECT_TRUE(buffer->end_cpu_access(Access::read_write));
  EXPECT_TRUE(buffer->end_cpu_access(Access::read));  // also without a begin
}

TEST(BufferTest, NeverGivesTwoUnnamedShmBuffersTheSameMemory) {
  const auto one = allocate({.source = MemorySource::shm});
  const auto two = allocate({.source = MemorySource::shm});
  EXPECT_NE(one->name(), two->name());
  EXPECT_NE(one->inode(), two->inode());
  one->map()->front() = std::byte{1};
  EXPECT_EQ(two->map()->front(), std::byte{0});
}

TEST(BufferTest, UnlinksItsShmNameAtTheEnd) {
  auto buffer = allocate({.source = MemorySource::shm});
  const std::string name = buffer->name();
  EXPECT_TRUE(shm_exists(name));
  EXPECT_TRUE(buffer->may_fault());
  EXPECT_EQ(buffer->kind(), MemoryKind::shm);
  buffer.reset();
  EXPECT_FALSE(shm_exists(name));
}

TEST(BufferTest, LeavesItsShmNameToTheParentInAForkedChild) {
  auto buffer = allocate({.source = MemorySource::shm});
  EXPECT_EQ(testing::in_child([&] {
              buffer.reset();
              return 0;
            }),
            0);
  EXPECT_TRUE(shm_exists(buffer->name()));
}

TEST(BufferTest, ReusesAndResizesANamedShmObjectAndUnlinksIt) {
  const std::string name = "/vsl-test-" + std::to_string(::getpid());
  {
    const UniqueFd before(::shm_open(name.c_str(), O_RDWR | O_CREAT, 0600));
    ASSERT_EQ(::pwrite(before.get(), "x", 1, 0), 1);
    const auto buffer = allocate({.source = MemorySource::shm, .name = name});
    ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(buffer->map()->front(), std::byte{'x'});
    struct stat status {};
    ASSERT_EQ(::fstat(before.get(), &status), 0);
    EXPECT_EQ(status.st_ino, buffer->inode());
    EXPECT_EQ(static_cast<std::size_t>(status.st_size), kBytes);
  }
  EXPECT_FALSE(shm_exists(name));
}

TEST(BufferTest, IsAnErrorWhenTheMemoryCannotBeHad) {
  constexpr std::size_t kFarTooMuch = std::size_t{1} << 60;
  for (const MemorySource source :
       {MemorySource::automatic, MemorySource::memfd, MemorySource::shm}) {
    const auto before = testing::open_fd_count();
    for (const std::size_t bytes : {kFarTooMuch, ~std::size_t{0}}) {
      const auto refused = Buffer::allocate(bytes, {.source = source});
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, std::errc::not_enough_memory);
    }
    const auto empty = Buffer::allocate(0, {.source = source});
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, std::errc::invalid_argument);
    EXPECT_EQ(testing::open_fd_count(), before);
  }
}

TEST(BufferTest, ReturnsEveryFd) {
  const auto before = testing::open_fd_count();
  for (const MemorySource source :
       {MemorySource::automatic, MemorySource::memfd, MemorySource::shm}) {
    const auto buffer = allocate({.source = source});
    EXPECT_EQ(testing::open_fd_count(), before + 1);
    EXPECT_EQ(::fcntl(buffer->fd(), F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(testing::open_fd_count(), before);
}

}  // namespace
}  // namespace vsl
