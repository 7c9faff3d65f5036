// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/mman.h>

#include "cameras.hpp"
#include "colour_bars.hpp"

namespace vsl::lab {
namespace {

class CameraMemoryTest : public CameraTest {};

const KnownFormat kYuyv{"YUYV", Colors::yuv, {{0, 0, 1, 2}, {0, 1, 2, 4}, {0, 3, 2, 4}}};
const KnownFormat kNv16{"NV16", Colors::yuv, {{0, 0}, {1, 0, 2, 2}, {1, 1, 2, 2}}};

const MemoryOptions kSystemHeap{MemorySource::dma_heap, "/dev/dma_heap/system", Access::read};
const MemoryOptions kContiguousHeap{MemorySource::dma_heap, "/dev/dma_heap/reserved", Access::read};

struct Kind {
  const char* name;
  Vivid which;
  CameraMemory memory;
  MemoryOptions import;
};

const std::vector<Kind> kKinds = {
    {"mmap", Vivid::single_planar, CameraMemory::mmap, {}},
    {"mmap", Vivid::multi_planar, CameraMemory::mmap, {}},
    {"mmap", Vivid::contiguous, CameraMemory::mmap, {}},
    {"system heap", Vivid::single_planar, CameraMemory::dma_buf, kSystemHeap},
    {"system heap", Vivid::multi_planar, CameraMemory::dma_buf, kSystemHeap},
    {"contiguous heap", Vivid::single_planar, CameraMemory::dma_buf, kContiguousHeap},
    {"contiguous heap", Vivid::contiguous, CameraMemory::dma_buf, kContiguousHeap},
    {"any heap", Vivid::contiguous, CameraMemory::dma_buf, {}},
    {"userptr", Vivid::single_planar, CameraMemory::userptr, {}},
    {"userptr", Vivid::multi_planar, CameraMemory::userptr, {}},
    {"copy", Vivid::single_planar, CameraMemory::copy, {}},
    {"copy", Vivid::multi_planar, CameraMemory::copy, {}},
    {"copy", Vivid::contiguous, CameraMemory::copy, {}},
};

CameraOptions options_for(const Kind& kind, Fourcc format) {
  CameraOptions options = small(format);
  options.memory = kind.memory;
  options.import = kind.import;
  return options;
}

TEST_F(CameraMemoryTest, HoldsWholePicturesOfEveryKind) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(std::string(kind.name) + " of " + find_vivid(kind.which));
    const bool many = kind.which != Vivid::single_planar;
    // Of several buffers, the first with an offset.
    auto camera =
        stream_vivid(kind.which, options_for(kind, many ? fourcc("NM16") : fourcc("YUYV")));
    ASSERT_OK(camera);
    EXPECT_EQ(camera->format().memory, kind.memory);
    const bool copied = kind.memory == CameraMemory::copy;
    EXPECT_EQ(camera->format().layout.buffer_count, many && !copied ? 2U : 1U);
    for (int i = 0; i < 8; ++i) {  // every buffer at least once
      auto frame = next(*camera);
      ASSERT_OK(frame);
      EXPECT_EQ(check_bars(*frame, many ? kNv16 : kYuyv), "");
      const bool ours = copied || kind.memory == CameraMemory::userptr;
      EXPECT_EQ(frame->buffer(0)->kind(), ours ? MemoryKind::memfd : MemoryKind::dma_buf);
    }
    EXPECT_EQ(camera->stats().copies, copied ? 8U : 0U);
  }
}

TEST_F(CameraMemoryTest, CannotBeWrittenByReadersUnlessThatIsWanted) {
  for (const CameraMemory memory :
       {CameraMemory::mmap, CameraMemory::userptr, CameraMemory::copy}) {
    for (const Access access : {Access::read, Access::read_write}) {
      CameraOptions options = small();
      options.memory = memory;
      options.access = access;
      auto camera = stream_vivid(Vivid::single_planar, options);
      ASSERT_OK(camera);
      auto frame = next(*camera);
      ASSERT_OK(frame);
      void* written =
          ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, frame->buffer(0)->fd(), 0);
      EXPECT_EQ(written != MAP_FAILED, access == Access::read_write) << static_cast<int>(memory);
      if (written != MAP_FAILED) ::munmap(written, 4096);
      void* read = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, frame->buffer(0)->fd(), 0);
      ASSERT_NE(read, MAP_FAILED);
      ::munmap(read, 4096);
    }
  }
}

TEST_F(CameraMemoryTest, IsRefusedWithAReasonWhereTheDriverCannotUseIt) {
  const std::vector<Kind> impossible = {
      // Scattered pages for a device that needs contiguous ones.
      {"userptr", Vivid::contiguous, CameraMemory::userptr, {}},
      {"system heap", Vivid::contiguous, CameraMemory::dma_buf, kSystemHeap},
      // udmabuf of this kernel cannot show its pages to vivid, which writes with the processor.
      {"udmabuf", Vivid::single_planar, CameraMemory::dma_buf, {MemorySource::udmabuf, "", {}}},
      {"no dma-buf", Vivid::single_planar, CameraMemory::dma_buf, {MemorySource::memfd, "", {}}},
  };
  for (const Kind& kind : impossible) {
    SCOPED_TRACE(kind.name);
    auto camera = open_vivid(kind.which);
    ASSERT_OK(camera);
    const auto format = camera->configure(options_for(kind, fourcc("YUYV")));
    ASSERT_FALSE(format);
    EXPECT_EQ(format.error().code, std::errc::not_supported) << format.error().message();
    EXPECT_EQ(camera->start().error().code, std::errc::operation_not_permitted);
    ASSERT_OK(camera->configure(small()));  // and nothing is left behind
    ASSERT_OK(camera->start());
    EXPECT_OK(next(*camera));
  }
}

TEST_F(CameraMemoryTest, FallsThroughWhenItIsLeftToTheLibrary) {
  const auto kind_after_failure = [](Vivid which) -> Result<CameraMemory> {
    VSL_TRY(auto camera, open_vivid(which));
    VSL_CHECK(camera.set_control("inject_vidioc_reqbufs_error", ""));
    VSL_CHECK(camera.configure(small()));
    VSL_CHECK(camera.start());
    VSL_TRY(auto frame, next(camera));
    if (check_bars(frame, kYuyv).empty()) return camera.format().memory;
    return Error::of(std::errc::bad_message, "the picture is wrong");
  };
  const auto userptr = kind_after_failure(Vivid::single_planar);
  ASSERT_OK(userptr);
  EXPECT_EQ(*userptr, CameraMemory::userptr);
  const auto copy = kind_after_failure(Vivid::contiguous);  // which takes no pages of ours
  ASSERT_OK(copy);
  EXPECT_EQ(*copy, CameraMemory::copy);
}

}  // namespace
}  // namespace vsl::lab
