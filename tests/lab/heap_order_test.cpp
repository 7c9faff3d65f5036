// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include "base/testing.hpp"
#include "tests/lab/dma_bufs.hpp"
#include "videostream/pool.hpp"

/// Which memory is taken when nobody says which, and what happens when it cannot be had.
namespace vsl::lab {
namespace {

Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes = kPiece) {
  return Buffer::allocate(bytes, {});
}

PoolOptions pool_of_four_pieces(MemorySource source = MemorySource::automatic) {
  return {.format = fourcc("H264"),
          .width_px = 64,
          .height_px = 32,
          .buffers = 4,
          .opaque_bytes = kPiece,
          .memory = {.source = source}};
}

/// In a process of its own, with nothing in /dev/dma_heap.
template <class Body>
int without_heaps(Body body) {
  return testing::in_child([&] {
    const bool hidden = ::unshare(CLONE_NEWNS) == 0 &&
                        ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                        ::mount("none", "/dev/dma_heap", "tmpfs", 0, nullptr) == 0;
    return hidden ? body() : 99;
  });
}

TEST(HeapOrderTest, BeginsWithContiguousMemory) {
  const auto buffer = allocate();
  ASSERT_TRUE(buffer) << buffer.error().message();
  EXPECT_EQ((*buffer)->name(), kContiguousHeap);
}

TEST(HeapOrderTest, GoesOnToPagesWhenContiguousMemoryIsExhausted) {
  const auto hog = take_all_contiguous_memory();
  ASSERT_GE(hog.size(), 10U) << "the machine has 64 MiB of it";
  const auto buffer = allocate();
  ASSERT_TRUE(buffer) << buffer.error().message();
  EXPECT_EQ((*buffer)->name(), kPageHeap);
  EXPECT_EQ((*buffer)->kind(), MemoryKind::dma_buf);
}

TEST(HeapOrderTest, TakesAnyHeapBeforeItFailsWhenHeapsAreAskedFor) {
  const auto hog = take_all_contiguous_memory();
  const auto buffer = Buffer::allocate(kPiece, {.source = MemorySource::dma_heap});
  ASSERT_TRUE(buffer) << buffer.error().message();
  EXPECT_EQ((*buffer)->name(), kPageHeap);
}

TEST(HeapOrderTest, FailsWhenTheHeapThatWasNamedIsExhaustedAndSaysWhich) {
  const auto hog = take_all_contiguous_memory();
  const auto buffer =
      Buffer::allocate(kPiece, {MemorySource::dma_heap, kContiguousHeap, Access::read});
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().code, std::errc::not_enough_memory);
  EXPECT_NE(buffer.error().where.find(kContiguousHeap), std::string::npos);
}

TEST(HeapOrderTest, ContiguousMemoryCanBeHadAgainOnceItIsGivenBack) {
  const auto first = take_all_contiguous_memory().size();
  const auto second = take_all_contiguous_memory().size();
  EXPECT_GE(second + 1, first) << "a page in use may cost a piece";
}

TEST(HeapOrderTest, APoolIsNeverAMixtureOfHeaps) {
  auto hog = take_all_contiguous_memory();
  hog.resize(hog.size() - 2);  // there is room for two buffers of four
  auto pool = Pool::create(pool_of_four_pieces());
  ASSERT_TRUE(pool) << pool.error().message();
  std::vector<Frame> frames;
  for (int i = 0; i < 4; ++i) {
    auto frame = pool->acquire();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->buffer(0)->name(), kPageHeap) << i;
    frames.push_back(*std::move(frame));
  }
  const auto still_free =
      Buffer::allocate(kPiece, {MemorySource::dma_heap, kContiguousHeap, Access::read});
  EXPECT_TRUE(still_free) << "what was taken in vain was given back";
}

TEST(HeapOrderTest, IsAMemfdWhereThereIsNoHeap) {
  EXPECT_EQ(without_heaps([] {
              const auto buffer = allocate();
              return buffer && (*buffer)->kind() == MemoryKind::memfd ? 0 : 1;
            }),
            0);
}

TEST(HeapOrderTest, NamesEveryHeapThatIsMissingWhenOneIsAskedFor) {
  EXPECT_EQ(without_heaps([] {
              const auto buffer = Buffer::allocate(kPiece, {.source = MemorySource::dma_heap});
              if (buffer) return 1;
              const std::string& said = buffer.error().where;
              if (buffer.error().code != std::errc::no_such_file_or_directory) return 2;
              for (const char* heap : {"linux,cma:", "linux,cma-uncached:", "reserved:", "system:"})
                if (said.find(heap) == std::string::npos) return 3;
              return 0;
            }),
            0);
}

TEST(HeapOrderTest, IsAMemfdForAUserWhoMayNotOpenTheHeaps) {
  EXPECT_EQ(testing::in_child([] {
              if (::setuid(65534) != 0) return 99;
              const auto buffer = allocate();
              if (!buffer || (*buffer)->kind() != MemoryKind::memfd) return 1;
              const auto heap = Buffer::allocate(kPiece, {.source = MemorySource::dma_heap});
              return !heap && heap.error().code == std::errc::permission_denied ? 0 : 2;
            }),
            0);
}

TEST(HeapOrderTest, NamesEveryPlaceThatWasTriedWhenNoneHasMemory) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);  // now nobody can give us a descriptor
  const auto buffer = allocate();
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().code, std::errc::too_many_files_open);
  for (const char* place : {kContiguousHeap, kPageHeap, "memfd"}) {
    EXPECT_NE(buffer.error().where.find(place), std::string::npos) << buffer.error().message();
  }
}

TEST(HeapOrderTest, APoolThatCannotBeHadLeavesNothingBehind) {
  const auto fds = testing::open_fd_count();
  const int before = dma_bufs_alive();
  PoolOptions options = pool_of_four_pieces(MemorySource::dma_heap);
  options.memory.name = kContiguousHeap;
  options.buffers = 64;  // 256 MiB
  const auto pool = Pool::create(options);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code, std::errc::not_enough_memory);
  EXPECT_EQ(testing::open_fd_count(), fds);
  EXPECT_EQ(dma_bufs_alive(), before);
}

}  // namespace
}  // namespace vsl::lab
