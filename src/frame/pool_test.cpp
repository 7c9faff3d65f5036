// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/pool.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "base/testing.hpp"

namespace {
thread_local std::size_t allocations = 0;  // by operator new, on this thread
}

// noinline: gcc would see malloc paired with delete, and warn
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace vsl {
namespace {

constexpr std::uint32_t kBuffers = 4;

Pool make_pool(MemoryOptions memory = {.source = MemorySource::memfd}) {
  auto pool = Pool::create({.format = fourcc("NV12"),
                            .width_px = 64,
                            .height_px = 48,
                            .buffers = kBuffers,
                            .memory = std::move(memory)});
  EXPECT_TRUE(pool) << (pool ? "" : pool.error().message());
  return *std::move(pool);
}

std::vector<Frame> take_all(Pool& pool) {
  std::vector<Frame> frames;
  for (std::uint32_t i = 0; i < kBuffers; ++i) {
    auto frame = pool.acquire();
    EXPECT_TRUE(frame);
    frames.push_back(*std::move(frame));
  }
  return frames;
}

/// A host in miniature: holds frames, and gives the first back when the pool starves.
class HoldingReclaimer final : public Reclaimer {
 public:
  void reclaim(const FrameOwner* pool, bool starving) noexcept override {
    ++(starving ? starving_calls : calls);
    asked_for = pool;
    if (starving && !held.empty()) held.erase(held.begin());
  }
  std::vector<Frame> held;
  int calls = 0, starving_calls = 0;
  const FrameOwner* asked_for = nullptr;
};

TEST(PoolTest, GivesEveryFrameMemoryOfItsOwn) {
  Pool pool = make_pool();
  auto frames = take_all(pool);
  std::set<std::uint64_t> inodes;
  for (Frame& frame : frames) {
    inodes.insert(frame.buffer(0)->inode());
    EXPECT_EQ(frame.info().layout, pool.layout());
    EXPECT_EQ(frame.plane(0).size(), 64U * 48);
    EXPECT_EQ(frame.owner()->pool_buffers(), kBuffers);
  }
  EXPECT_EQ(inodes.size(), kBuffers);
}

TEST(PoolTest, SaysWhatIsMissingWhenEveryBufferIsTaken) {
  Pool pool = make_pool();
  const auto frames = take_all(pool);
  const auto none = pool.acquire();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, std::errc::no_buffer_space);
  EXPECT_NE(none.error().where.find("a 64x48 NV12 frame: all 4 buffers"), std::string::npos);
  EXPECT_EQ(pool.stats().starved, 1U);
  EXPECT_EQ(pool.stats().acquired, kBuffers);
  EXPECT_EQ(pool.stats().free, 0U);
}

TEST(PoolTest, GivesABufferBackWhenItsFrameIsReleased) {
  Pool pool = make_pool();
  auto frames = take_all(pool);
  const std::uint64_t inode = frames[2].buffer(0)->inode();
  frames.erase(frames.begin() + 2);
  EXPECT_EQ(pool.stats().free, 1U);
  const auto again = pool.acquire();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->buffer(0)->inode(), inode);
}

TEST(PoolTest, PrefersTheBufferThatWasUsedLast) {
  Pool pool = make_pool();
  std::set<std::uint64_t> inodes;
  for (int i = 0; i < 20; ++i) inodes.insert(pool.acquire()->buffer(0)->inode());
  EXPECT_EQ(inodes.size(), 1U);
}

TEST(PoolTest, StartsEveryFrameWithoutWhatTheLastOneSaid) {
  Pool pool = make_pool();
  {
    auto frame = pool.acquire();
    frame->info().layout.width_px = 1;
    frame->info().crop = {1, 2, 3, 4};
    ASSERT_TRUE(frame->set_blob(std::vector<std::byte>(3)));
  }
  const auto frame = pool.acquire();
  EXPECT_EQ(frame->info().layout, pool.layout());
  EXPECT_EQ(frame->info().crop, Rect{});
  EXPECT_TRUE(frame->blob().empty());
}

TEST(PoolTest, LetsFramesOutliveIt) {
  const auto before = testing::open_fd_count();
  {
    std::optional<Pool> pool = make_pool();
    auto frame = pool->acquire();
    pool.reset();
    frame->plane(0).front() = std::byte{1};
    EXPECT_EQ(testing::open_fd_count(), before + kBuffers);
  }
  EXPECT_EQ(testing::open_fd_count(), before);
}

TEST(PoolTest, AsksForFramesBackGentlyWhileItHasFreeOnes) {
  Pool pool = make_pool();
  const auto host = std::make_shared<HoldingReclaimer>();
  pool.acquire()->owner()->add_reclaimer(host);
  const auto frame = pool.acquire();
  EXPECT_EQ(host->calls, 1);
  EXPECT_EQ(host->starving_calls, 0);
  EXPECT_EQ(host->asked_for, frame->owner().get());
}

TEST(PoolTest, TakesTheBufferThatAHostGivesUpWhenItStarves) {
  Pool pool = make_pool();
  const auto host = std::make_shared<HoldingReclaimer>();
  host->held = take_all(pool);
  host->held[0].owner()->add_reclaimer(host);
  EXPECT_TRUE(pool.acquire());
  EXPECT_EQ(host->starving_calls, 1);
  EXPECT_EQ(host->held.size(), kBuffers - 1);
  EXPECT_EQ(pool.stats().starved, 0U);
}

TEST(PoolTest, DisturbsNoSecondHostWhenTheFirstGaveABuffer) {
  Pool pool = make_pool();
  const auto first = std::make_shared<HoldingReclaimer>();
  const auto second = std::make_shared<HoldingReclaimer>();
  first->held = take_all(pool);
  const auto owner = first->held[0].owner();
  owner->add_reclaimer(first);
  owner->add_reclaimer(second);
  EXPECT_TRUE(pool.acquire());
  EXPECT_EQ(second->calls, 1);
  EXPECT_EQ(second->starving_calls, 0);
}

TEST(PoolTest, AsksAHostOnceHoweverOftenItOffersItself) {
  Pool pool = make_pool();
  const auto host = std::make_shared<HoldingReclaimer>();
  const auto owner = pool.acquire()->owner();
  for (int i = 0; i < 100; ++i) owner->add_reclaimer(host);
  (void)pool.acquire();
  EXPECT_EQ(host->calls, 1);
}

TEST(PoolTest, ForgetsHostsThatAreGone) {
  Pool pool = make_pool();
  const auto owner = pool.acquire()->owner();
  owner->add_reclaimer(std::make_shared<HoldingReclaimer>());
  EXPECT_TRUE(pool.acquire());
}

TEST(PoolTest, AllocatesNothingOnceItIsMade) {
  Pool pool = make_pool();
  const auto host = std::make_shared<HoldingReclaimer>();
  (void)pool.acquire()->owner()->add_reclaimer(host);
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    auto frame = pool.acquire();
    frame->plane(1).back() = std::byte{1};
    frame->end_cpu_access();
  }
  EXPECT_EQ(allocations, before);
}

TEST(PoolTest, TakesFramesBackFromOtherThreads) {
  Pool pool = make_pool();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        auto frame = pool.acquire();
        ASSERT_TRUE(frame);
        frame->plane(0).front() = std::byte{1};  // two owners of a buffer are a race for TSan
        if (round % 2 == 0) std::thread([taken = *std::move(frame)] {}).join();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(pool.stats().free, kBuffers);
  EXPECT_EQ(pool.stats().acquired, 8000U);
}

TEST(PoolTest, HoldsCodedDataOfAnySize) {
  auto pool = Pool::create({.format = fourcc("H264"), .opaque_bytes = 5000});
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->acquire()->plane(0).size(), 5000U);
  EXPECT_EQ(pool->stats().buffers, 8U);
}

TEST(PoolTest, NumbersTheBuffersOfANamedSharedMemoryPool) {
  const std::string name = "/vsl-pool-test-" + std::to_string(::getpid());
  Pool pool = make_pool({.source = MemorySource::shm, .name = name});
  std::set<std::uint64_t> inodes;
  for (const Frame& frame : take_all(pool)) inodes.insert(frame.buffer(0)->inode());
  EXPECT_EQ(inodes.size(), kBuffers);
}

TEST(PoolTest, IsRefusedBeforeItTakesMemoryThatTheMachineHasNot) {
  const auto huge = Pool::create(
      {.format = fourcc("H264"), .buffers = 64, .opaque_bytes = std::uint64_t{1} << 50});
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, std::errc::not_enough_memory);
  EXPECT_FALSE(Pool::create({.format = fourcc("H264"), .opaque_bytes = ~std::uint64_t{0}}));
}

TEST(PoolTest, RefusesWhatItCannotBe) {
  for (const std::uint32_t buffers : {0U, 3U, 65U, 0xffffffffU}) {
    const auto pool = Pool::create(
        {.format = fourcc("NV12"), .width_px = 64, .height_px = 48, .buffers = buffers});
    ASSERT_FALSE(pool) << buffers;
    EXPECT_EQ(pool.error().code, std::errc::invalid_argument);
  }
  const auto coded = Pool::create({.format = fourcc("H264"), .width_px = 64, .height_px = 48});
  ASSERT_FALSE(coded);
  EXPECT_EQ(coded.error().code, std::errc::not_supported);
}

}  // namespace
}  // namespace vsl
