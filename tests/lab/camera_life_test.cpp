// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fstream>
#include <set>
#include <thread>

#include "base/testing.hpp"
#include "cameras.hpp"
#include "colour_bars.hpp"

namespace vsl::lab {
namespace {

class CameraLifeTest : public CameraTest {};

const KnownFormat kYuyv{"YUYV", Colors::yuv, {{0, 0, 1, 2}, {0, 1, 2, 4}, {0, 3, 2, 4}}};
const KnownFormat kNv12{"NV12", Colors::yuv, {{0, 0}, {1, 0, 2, 2, 2}, {1, 1, 2, 2, 2}}};

std::ptrdiff_t mapping_count() {
  std::ifstream maps("/proc/self/maps");
  return std::count(std::istreambuf_iterator<char>(maps), {}, '\n');
}

TEST_F(CameraLifeTest, StartsAndStopsAgainAndAgainWithTheSameBuffers) {
  for (const Vivid which : kBothKinds) {
    auto camera = open_vivid(which);
    ASSERT_OK(camera);
    EXPECT_EQ(camera->start().error().code, std::errc::operation_not_permitted);
    EXPECT_EQ(camera->capture(0ns).error().code, std::errc::operation_not_permitted);
    ASSERT_OK(camera->configure(small()));
    for (int i = 0; i < 10; ++i) {
      ASSERT_OK(camera->start());
      ASSERT_OK(camera->start()) << "twice is once";
      EXPECT_EQ(camera->stats().queued, camera->format().buffers);
      auto frame = next(*camera);
      ASSERT_OK(frame);
      EXPECT_EQ(frame->info().source_sequence, 0U) << "the driver begins anew";
      EXPECT_EQ(camera->stats().queued, camera->format().buffers - 1);
      ASSERT_OK(camera->stop());
      ASSERT_OK(camera->stop());
      EXPECT_EQ(camera->stats().queued, 0U);
      EXPECT_EQ(check_bars(*frame, kYuyv), "");
    }
  }
}

TEST_F(CameraLifeTest, ChangesItsFormatWhileFramesAreOut) {
  for (const Vivid which : kBothKinds) {
    for (const CameraMemory memory :
         {CameraMemory::mmap, CameraMemory::userptr, CameraMemory::copy}) {
      CameraOptions options = small();
      options.memory = memory;
      auto camera = stream_vivid(which, options);
      ASSERT_OK(camera);
      auto old = next(*camera);
      ASSERT_OK(old);
      auto older = next(*camera);
      ASSERT_OK(older);
      options.format = fourcc("NV12");
      options.width_px = 320;
      options.height_px = 180;
      const auto format = camera->configure(options);
      ASSERT_OK(format);
      EXPECT_EQ(format->layout.width_px, 320U);
      ASSERT_OK(camera->start());
      *older = Frame();  // goes nowhere: its buffer is not the driver's any more
      for (int i = 0; i < 8; ++i) {
        auto frame = next(*camera);
        ASSERT_OK(frame);
        EXPECT_EQ(check_bars(*frame, kNv12), "");
      }
      EXPECT_EQ(check_bars(*old, kYuyv), "") << "an old frame keeps its picture";
    }
  }
}

TEST_F(CameraLifeTest, LeavesFramesTheirMemoryWhenItIsGone) {
  for (const CameraMemory memory :
       {CameraMemory::mmap, CameraMemory::userptr, CameraMemory::copy}) {
    CameraOptions options = small();
    options.memory = memory;
    std::vector<Frame> frames;
    {
      auto camera = stream_vivid(Vivid::multi_planar, options);
      ASSERT_OK(camera);
      for (int i = 0; i < 3; ++i) {
        auto frame = next(*camera);
        ASSERT_OK(frame);
        frames.push_back(*std::move(frame));
      }
    }
    for (Frame& frame : frames) EXPECT_EQ(check_bars(frame, kYuyv), "");
    std::thread([&] { frames.clear(); }).join();
    EXPECT_OK(stream_vivid(Vivid::multi_planar, options)) << "nothing of it is in the way";
  }
}

TEST_F(CameraLifeTest, GetsBuffersBackFromAnyThread) {
  auto camera = stream_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  for (int i = 0; i < 30; ++i) {
    auto frame = next(*camera);
    ASSERT_OK(frame);
    std::thread([frame = *std::move(frame)]() mutable { frame = Frame(); }).join();
  }
  EXPECT_EQ(camera->stats().queued, camera->format().buffers);
  EXPECT_EQ(camera->stats().starved, 0U);
}

TEST_F(CameraLifeTest, IsNotDisturbedByAForkedChildThatDestroysItsCopy) {
  auto camera = stream_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  auto frame = next(*camera);
  ASSERT_OK(frame);
  const int failed = testing::in_child([&] {
    *frame = Frame();
    (void)camera->stop();
    { const Camera gone = *std::move(camera); }
    return 0;
  });
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(camera->stats().queued, camera->format().buffers - 1);
  for (int i = 0; i < 8; ++i) ASSERT_OK(next(*camera));
}

TEST_F(CameraLifeTest, CountsThatItStarvesAndGoesOnWhenABufferComesBack) {
  auto camera = stream_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  std::vector<Frame> held;
  while (held.size() < camera->format().buffers) {
    auto frame = next(*camera);
    ASSERT_OK(frame);
    held.push_back(*std::move(frame));
  }
  for (int i = 0; i < 3; ++i) {
    const auto nothing = camera->capture(20ms);
    ASSERT_OK(nothing);
    EXPECT_FALSE(*nothing);
  }
  EXPECT_EQ(camera->stats().starved, 1U) << "one famine, however often we look";
  std::thread other([&] { held.pop_back(); });
  auto frame = next(*camera);
  other.join();
  ASSERT_OK(frame);
  EXPECT_EQ(check_bars(*frame, kYuyv), "");
  EXPECT_GT(camera->stats().driver_dropped, 0U) << "pictures nobody had room for";
}

TEST_F(CameraLifeTest, CountsWhatTheDriverDropped) {
  auto camera = open_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  ASSERT_OK(camera->set_control("percentage_of_dropped_buffers", "50"));
  ASSERT_OK(camera->configure(small()));
  ASSERT_OK(camera->start());
  // vivid numbers by the clock: a lab that was stopped meanwhile may see a number twice.
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 30; ++i) {
    auto frame = next(*camera);
    ASSERT_OK(frame);
    numbers.insert(frame->info().source_sequence);
  }
  const std::uint64_t missing = *numbers.rbegin() - *numbers.begin() + 1 - numbers.size();
  EXPECT_GT(missing, 0U);
  EXPECT_EQ(camera->stats().driver_dropped, missing);
}

TEST_F(CameraLifeTest, CountsOnWhenTheDriversNumbersWrap) {
  auto camera = open_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  ASSERT_OK(camera->set_control("wrap_sequence_number", "on"));
  ASSERT_OK(camera->configure(small()));
  std::uint64_t last = 0;
  // vivid begins 128 pictures before; a lab that was stopped meanwhile may miss all of them.
  while (last <= UINT32_MAX / 2) {
    ASSERT_OK(camera->stop());
    ASSERT_OK(camera->start());
    auto frame = next(*camera);
    ASSERT_OK(frame);
    last = frame->info().source_sequence;
  }
  while (last <= UINT32_MAX) {
    auto frame = next(*camera);
    ASSERT_OK(frame);
    ASSERT_GE(frame->info().source_sequence, last);
    last = frame->info().source_sequence;
  }
}

TEST_F(CameraLifeTest, LeaksNeitherDescriptorsNorMappings) {
  const auto cycle = [](Vivid which, CameraMemory memory) {
    CameraOptions options = small();
    options.memory = memory;
    auto camera = stream_vivid(which, options);
    ASSERT_OK(camera);
    auto frame = next(*camera);
    ASSERT_OK(frame);
    EXPECT_FALSE(frame->plane(0).empty());
    ASSERT_OK(camera->configure(options));
  };
  const CameraMemory kinds[] = {CameraMemory::mmap, CameraMemory::userptr, CameraMemory::copy,
                                CameraMemory::dma_buf};
  for (const CameraMemory memory : kinds) cycle(Vivid::single_planar, memory);  // warm
  const auto fds = testing::open_fd_count();
  const auto mappings = mapping_count();
  for (int i = 0; i < 3; ++i) {
    for (const CameraMemory memory : kinds) cycle(Vivid::single_planar, memory);
  }
  EXPECT_EQ(testing::open_fd_count(), fds);
  EXPECT_LE(mapping_count(), mappings + 2);  // the allocator's own come and go
}

}  // namespace
}  // namespace vsl::lab
