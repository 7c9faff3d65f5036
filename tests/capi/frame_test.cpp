// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/mman.h>

#include <vector>

#include "tests/capi/bus.hpp"

namespace capi_test {
namespace {

int memory_of(std::size_t bytes) {
  const int fd = ::memfd_create("capi-test", MFD_CLOEXEC);
  EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(bytes)), 0);
  return fd;
}

FramePtr frame_of(std::uint32_t width, std::uint32_t height, std::uint32_t stride,
                  std::uint32_t fourcc, vsl_frame_cleanup cleanup = nullptr,
                  void* userptr = nullptr) {
  return FramePtr(vsl_frame_init(width, height, stride, fourcc, userptr, cleanup));
}

TEST(CLibrary, NamesItsRelease) { EXPECT_STREQ(vsl_version(), VSL_VERSION); }

TEST(CLibrary, PacksOnlyFourCharacters) {
  EXPECT_EQ(vsl_fourcc_from_string("NV12"), kNv12);
  EXPECT_EQ(vsl_fourcc_from_string("\xff\x80\x81\x82"), 0x828180ffu);
  for (const char* text : {"", "NV1", "NV12 "}) EXPECT_EQ(vsl_fourcc_from_string(text), 0u);
  EXPECT_EQ(vsl_fourcc_from_string(nullptr), 0u);
}

TEST(CFrame, RefusesADescriptionOfNothing) {
  for (const auto& frame :
       {frame_of(0, 4, 0, kNv12), frame_of(4, 0, 0, kNv12), frame_of(4, 4, 0, 0)}) {
    EXPECT_EQ(frame, nullptr);
    EXPECT_EQ(errno, EINVAL);
  }
}

TEST(CFrame, NeedsAStrideForFormatsWithoutRows) {
  EXPECT_EQ(frame_of(64, 4, 0, kH264), nullptr);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_STRNE(vsl_last_error(), "");
  EXPECT_NE(frame_of(64, 4, 64, kH264), nullptr);
}

TEST(CFrame, BeginsWithZeroesAndWithoutMemory) {
  const auto frame = frame_of(64, 4, 0, kNv12);
  EXPECT_EQ(vsl_frame_serial(frame.get()), 0);
  EXPECT_EQ(vsl_frame_timestamp(frame.get()), 0);
  EXPECT_EQ(vsl_frame_duration(frame.get()), 0);
  EXPECT_EQ(vsl_frame_pts(frame.get()), 0);
  EXPECT_EQ(vsl_frame_dts(frame.get()), 0);
  EXPECT_EQ(vsl_frame_expires(frame.get()), 0);
  EXPECT_EQ(vsl_frame_width(frame.get()), 64);
  EXPECT_EQ(vsl_frame_height(frame.get()), 4);
  EXPECT_EQ(vsl_frame_fourcc(frame.get()), kNv12);
  EXPECT_EQ(vsl_frame_stride(frame.get()), 96);
  EXPECT_EQ(vsl_frame_size(frame.get()), 0);
  EXPECT_EQ(vsl_frame_handle(frame.get()), -1);
  EXPECT_EQ(vsl_frame_path(frame.get()), nullptr);
  EXPECT_EQ(vsl_frame_plane_count(frame.get()), 0);
  EXPECT_EQ(vsl_frame_valid(frame.get()), 0);
  EXPECT_EQ(vsl_frame_mmap(frame.get(), nullptr), nullptr);
  EXPECT_EQ(errno, EBADF);
}

TEST(CFrame, SizesOddPicturesSoThatAllTheirChromaFits) {
  const auto frame = frame_of(9, 5, 0, kNv12);
  ASSERT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0) << vsl_last_error();
  EXPECT_EQ(vsl_frame_size(frame.get()), 75);
  EXPECT_EQ(vsl_frame_stride(frame.get()), 13);  // as release 2.5: 9 + 9 / 2
}

TEST(CFrame, AllocatesTheRowsOfAGivenStride) {
  const auto frame = frame_of(64, 4, 256, VSL_FOURCC('R', 'G', 'B', '3'));
  ASSERT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0);
  EXPECT_EQ(vsl_frame_stride(frame.get()), 256);
  EXPECT_EQ(vsl_frame_size(frame.get()), 1024);
}

TEST(CFrame, PlacesPlanesByTheirStride) {
  const auto frame = frame_of(64, 4, 128, VSL_FOURCC('I', '4', '2', '0'));
  ASSERT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0);
  ASSERT_EQ(vsl_frame_plane_count(frame.get()), 3);
  EXPECT_EQ(vsl_frame_plane_stride(frame.get(), 0), 128);
  EXPECT_EQ(vsl_frame_plane_stride(frame.get(), 1), 64);
  EXPECT_EQ(vsl_frame_plane_offset(frame.get(), 1), 512);
  EXPECT_EQ(vsl_frame_plane_offset(frame.get(), 2), 640);
  EXPECT_EQ(vsl_frame_plane_handle(frame.get(), 2), vsl_frame_handle(frame.get()));
  for (const int plane : {-1, 3}) {
    EXPECT_EQ(vsl_frame_plane_offset(frame.get(), plane), -1);
    EXPECT_EQ(errno, EINVAL);
  }
}

TEST(CFrame, GivesEveryFrameMemoryOfItsOwn) {
  const FramePtr one = picture(1);
  const FramePtr two = picture(2);
  EXPECT_EQ(first_byte(one.get()), 1);
  EXPECT_EQ(first_byte(two.get()), 2);
}

TEST(CFrame, MakesNamedSharedMemoryAndTakesTheNameAway) {
  const std::string name = "/vsl-capi-test-" + std::to_string(::getpid());
  const auto frame = frame_of(64, 4, 0, kNv12);
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(vsl_frame_alloc(frame.get(), name.c_str()), 0) << vsl_last_error();
    EXPECT_STREQ(vsl_frame_path(frame.get()), name.c_str());
    const int other = ::shm_open(name.c_str(), O_RDWR, 0);
    EXPECT_GE(other, 0);
    ::close(other);
  }
  vsl_frame_unalloc(frame.get());
  EXPECT_LT(::shm_open(name.c_str(), O_RDWR, 0), 0);
  EXPECT_EQ(vsl_frame_path(frame.get()), nullptr);
  EXPECT_EQ(vsl_frame_size(frame.get()), 0);
}

TEST(CFrame, SaysThatADmaHeapIsNotThere) {
  const auto frame = frame_of(64, 4, 0, kNv12);
  EXPECT_EQ(vsl_frame_alloc(frame.get(), "/dev/dma_heap/no-such-heap"), -1);
  EXPECT_EQ(errno, ENOENT);
  const auto coded = frame_of(64, 4, 64, kH264);
  EXPECT_EQ(vsl_frame_alloc(coded.get(), nullptr), -1);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_EQ(vsl_frame_alloc(nullptr, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST(CFrame, DuplicatesWhatIsAttachedAndClosesOnlyThat) {
  const int before = open_fds();
  const int fd = memory_of(384);
  auto frame = frame_of(64, 4, 0, kNv12);
  ASSERT_EQ(vsl_frame_attach(frame.get(), fd, 0, 0), 0) << vsl_last_error();
  EXPECT_NE(vsl_frame_handle(frame.get()), fd);
  EXPECT_EQ(vsl_frame_size(frame.get()), 384);
  vsl_frame_unalloc(frame.get());
  EXPECT_EQ(vsl_frame_handle(frame.get()), -1);
  EXPECT_TRUE(is_open(fd));
  ASSERT_EQ(vsl_frame_attach(frame.get(), fd, 0, 0), 0);
  ASSERT_EQ(vsl_frame_attach(frame.get(), fd, 0, 0), 0);
  frame.reset();
  EXPECT_TRUE(is_open(fd));
  ::close(fd);
  EXPECT_EQ(open_fds(), before);
}

TEST(CFrame, MapsAPictureAtAnyOffset) {
  const int fd = memory_of(1000);
  const char mark = 'x';
  ASSERT_EQ(::pwrite(fd, &mark, 1, 100), 1);
  const auto frame = frame_of(64, 4, 0, kNv12);
  ASSERT_EQ(vsl_frame_attach(frame.get(), fd, 500, 100), 0) << vsl_last_error();
  size_t size = 0;
  const auto* pixels = static_cast<const char*>(vsl_frame_mmap(frame.get(), &size));
  ASSERT_NE(pixels, nullptr);
  EXPECT_EQ(*pixels, 'x');
  EXPECT_EQ(size, 500u);
  EXPECT_EQ(vsl_frame_mmap(frame.get(), nullptr), pixels);
  EXPECT_EQ(vsl_frame_plane_offset(frame.get(), 0), 100);
  ::close(fd);
}

TEST(CFrame, TakesThePictureSizesOfRelease25ForOpaqueBytes) {
  const int fd = memory_of(65);
  const auto frame = frame_of(9, 5, 0, kNv12);
  ASSERT_EQ(vsl_frame_attach(frame.get(), fd, 65, 0), 0) << vsl_last_error();
  EXPECT_EQ(vsl_frame_size(frame.get()), 65);
  EXPECT_EQ(vsl_frame_plane_count(frame.get()), 1);
  ::close(fd);
}

TEST(CFrame, RefusesToAttachWhatIsNotThatMuchMemory) {
  const int fd = memory_of(10);
  const auto frame = frame_of(64, 4, 0, kNv12);
  const struct {
    int fd;
    std::size_t size;
    int expected;
  } cases[] = {
      {-1, 10, EBADF}, {0, 10, EBADF}, {9999, 10, EBADF}, {fd, 0, EINVAL}, {fd, 11, EINVAL}};
  for (const auto& [bad_fd, size, expected] : cases) {
    EXPECT_EQ(vsl_frame_attach(frame.get(), bad_fd, size, 0), -1) << bad_fd;
    EXPECT_EQ(errno, expected) << bad_fd << " " << size << " " << vsl_last_error();
  }
  const auto coded = frame_of(64, 4, 1, kH264);
  EXPECT_EQ(vsl_frame_attach(coded.get(), fd, 0, 0), -1);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_EQ(vsl_frame_attach(coded.get(), fd, 10, 0), 0);
  EXPECT_EQ(vsl_frame_attach(nullptr, fd, 10, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  ::close(fd);
}

TEST(CFrame, LeavesTheDescriptorOfAFrameWithCallbackToTheCallback) {
  const int before = open_fds();
  const int fd = memory_of(384);
  int handle_in_callback = -1;
  auto frame = frame_of(
      64, 4, 0, kNv12,
      [](VSLFrame* ended) {
        *static_cast<int*>(vsl_frame_userptr(ended)) = vsl_frame_handle(ended);
      },
      &handle_in_callback);
  ASSERT_EQ(vsl_frame_attach(frame.get(), fd, 0, 0), 0);
  const int handle = vsl_frame_handle(frame.get());
  vsl_frame_unalloc(frame.get());
  EXPECT_TRUE(is_open(handle));
  frame.reset();
  EXPECT_EQ(handle_in_callback, handle);
  EXPECT_TRUE(is_open(handle));
  ::close(handle);
  ::close(fd);
  EXPECT_EQ(open_fds(), before);
}

TEST(CFrame, ShowsTheCallbackNoMemoryThatTheLibraryAllocated) {
  int handle_in_callback = 0;
  picture(
      1,
      [](VSLFrame* ended) {
        *static_cast<int*>(vsl_frame_userptr(ended)) = vsl_frame_handle(ended);
      },
      &handle_in_callback)
      .reset();
  EXPECT_EQ(handle_in_callback, -1);
}

TEST(CFrame, SurvivesACallbackThatReleasesIt) {
  frame_of(64, 4, 0, kNv12, [](VSLFrame* ended) { vsl_frame_release(ended); }).reset();
}

TEST(CFrame, NeedsNoLockWhenItIsOurOwn) {
  const FramePtr frame = picture(7);
  EXPECT_EQ(vsl_frame_trylock(frame.get()), 0);
  EXPECT_EQ(vsl_frame_unlock(frame.get()), 0);
  EXPECT_EQ(vsl_frame_valid(frame.get()), 1);
}

TEST(CFrame, SyncsMemoryThatNeedsNoSync) {
  const FramePtr frame = picture(7);
  for (const int mode : {O_RDONLY, O_WRONLY, O_RDWR}) {
    EXPECT_EQ(vsl_frame_sync(frame.get(), 1, mode), 0);
    EXPECT_EQ(vsl_frame_sync(frame.get(), 0, mode), 0);
  }
  vsl_frame_unalloc(frame.get());
  EXPECT_EQ(vsl_frame_sync(frame.get(), 1, O_RDONLY), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_frame_paddr(frame.get()), -1);
}

TEST(CFrame, TakesNullEverywhere) {
  EXPECT_EQ(vsl_frame_serial(nullptr) + vsl_frame_width(nullptr) + vsl_frame_stride(nullptr), 0);
  EXPECT_EQ(vsl_frame_userptr(nullptr), nullptr);
  EXPECT_EQ(vsl_frame_mmap(nullptr, nullptr), nullptr);
  vsl_frame_munmap(nullptr);
  vsl_frame_unalloc(nullptr);
  vsl_frame_set_userptr(nullptr, nullptr);
  const auto sets_einval = [](auto&& call) {
    errno = 0;
    call();
    return errno == EINVAL;
  };
  EXPECT_TRUE(sets_einval([] { vsl_frame_release(nullptr); }));
  EXPECT_TRUE(sets_einval([] { EXPECT_EQ(vsl_frame_handle(nullptr), -1); }));
  EXPECT_TRUE(sets_einval([] { EXPECT_EQ(vsl_frame_path(nullptr), nullptr); }));
  EXPECT_TRUE(sets_einval([] { EXPECT_EQ(vsl_frame_trylock(nullptr), -1); }));
  EXPECT_TRUE(sets_einval([] { EXPECT_EQ(vsl_frame_unlock(nullptr), -1); }));
  EXPECT_TRUE(sets_einval([] { EXPECT_EQ(vsl_frame_sync(nullptr, 1, 0), -1); }));
}

}  // namespace
}  // namespace capi_test
