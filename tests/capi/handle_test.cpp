// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/mman.h>

#include <vector>

#include "tests/capi/bus.hpp"

/// Programs of release 2.5 give vsl_frame_handle() away, to gst_dmabuf_allocator_alloc() and its
/// like, which close it; others leave it to the frame. Both kinds must run.
namespace capi_test {
namespace {

bool same_memory(int one, int other) {
  struct stat a {
  }, b{};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

class CHandle : public Bus {
 protected:
  void SetUp() override {
    Bus::SetUp();
    client_ = connect();
  }
  void TearDown() override {
    client_.reset();
    host_.reset();
  }
  ClientPtr client_;
};

TEST_F(CHandle, OfAReceivedFrameMayBeClosedByWhoTookIt) {
  // One buffer comes round: what is closed must not be the one descriptor we have of it.
  FramePtr buffer = picture(0);
  for (int number = 1; number <= 20; ++number) {
    memset(vsl_frame_mmap(buffer.get(), nullptr), number, 384);
    ASSERT_EQ(vsl_host_post(host_.get(), buffer.get(), 0, 0, 0, 0), 0) << vsl_last_error();
    FramePtr frame = wait(client_);
    const int handle = vsl_frame_handle(frame.get());
    ASSERT_GT(handle, 2) << vsl_last_error();
    EXPECT_EQ(vsl_frame_handle(frame.get()), handle);
    const void* const seen = ::mmap(nullptr, 384, PROT_READ, MAP_SHARED, handle, 0);
    ASSERT_NE(seen, MAP_FAILED);
    EXPECT_EQ(*static_cast<const unsigned char*>(seen), number);
    ::munmap(const_cast<void*>(seen), 384);
    ASSERT_EQ(::close(handle), 0);
    EXPECT_EQ(first_byte(frame.get()), number);
    frame.reset();
    ASSERT_EQ(vsl_host_drop(host_.get(), buffer.get()), 0) << vsl_last_error();
  }
}

TEST_F(CHandle, IsClosedWithItsFrameWhenNobodyTookIt) {
  post(1);
  FramePtr frame = wait(client_);
  const int fds = open_fds();
  const int handle = vsl_frame_handle(frame.get());
  EXPECT_EQ(open_fds(), fds + 1);
  frame.reset();
  EXPECT_FALSE(is_open(handle));
  EXPECT_EQ(open_fds(), fds);
}

TEST_F(CHandle, IsNotClosedOnceItsNumberIsAnotherFiles) {
  post(1);
  FramePtr frame = wait(client_);
  const int handle = vsl_frame_handle(frame.get());
  const int other = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::dup3(other, handle, O_CLOEXEC), handle);
  frame.reset();
  EXPECT_TRUE(is_open(handle));
  ::close(handle);
  ::close(other);
}

TEST_F(CHandle, IsNotClosedOnceItsNumberIsTheHandleOfANewerFrameOfTheSameBuffer) {
  FramePtr buffer = picture(1);
  ASSERT_EQ(vsl_host_post(host_.get(), buffer.get(), 0, 0, 0, 0), 0);
  FramePtr first = wait(client_);
  const int handle = vsl_frame_handle(first.get());
  ASSERT_EQ(vsl_host_drop(host_.get(), buffer.get()), 0);
  ASSERT_EQ(vsl_host_post(host_.get(), buffer.get(), 0, 0, 0, 0), 0);
  FramePtr second = wait(client_);
  ::close(handle);
  std::vector<int> below;  // the kernel gives the smallest number that is free
  while (below.empty() || below.back() < handle) below.push_back(::open("/dev/null", O_RDONLY));
  ASSERT_EQ(below.back(), handle);
  ::close(handle);
  below.pop_back();
  ASSERT_EQ(vsl_frame_handle(second.get()), handle);
  first.reset();
  EXPECT_TRUE(is_open(handle));
  second.reset();
  EXPECT_FALSE(is_open(handle));
  for (const int fd : below) ::close(fd);
  (void)vsl_host_drop(host_.get(), buffer.get());
}

TEST_F(CHandle, CostsNothingUntilItIsAskedFor) {
  FramePtr buffer = picture(1);
  const auto round = [&] {
    ASSERT_EQ(vsl_host_post(host_.get(), buffer.get(), 0, 0, 0, 0), 0);
    const FramePtr frame = wait(client_);
    EXPECT_EQ(first_byte(frame.get()), 1);
    ASSERT_EQ(vsl_host_drop(host_.get(), buffer.get()), 0);
  };
  round();
  const int fds = open_fds();
  round();
  EXPECT_EQ(open_fds(), fds);
}

TEST(CFrameHandle, OfAnAllocatedOrAttachedFrameMayBeClosedByWhoTookIt) {
  const FramePtr memory = picture(5);
  const FramePtr attached(vsl_frame_init(64, 4, 0, kNv12, nullptr, nullptr));
  ASSERT_EQ(vsl_frame_attach(attached.get(), vsl_frame_plane_handle(memory.get(), 0), 0, 0), 0);
  for (VSLFrame* frame : {memory.get(), attached.get()}) {
    const int handle = vsl_frame_handle(frame);
    EXPECT_TRUE(same_memory(handle, vsl_frame_plane_handle(frame, 0)));
    ASSERT_EQ(::close(handle), 0);
    EXPECT_EQ(first_byte(frame), 5);
  }
}

TEST(CFrameHandle, TakenFromAPostedFrameLeavesTheHostItsOwn) {
  const std::string path = fresh_path();
  const HostPtr host(vsl_host_init(path.c_str()));
  const ClientPtr client(vsl_client_init(path.c_str(), nullptr, false));
  vsl_host_process(host.get());
  FramePtr frame = picture(7);
  ASSERT_EQ(::close(vsl_frame_handle(frame.get())), 0);
  ASSERT_EQ(vsl_host_post(host.get(), frame.get(), 0, 0, 0, 0), 0) << vsl_last_error();
  (void)frame.release();
  vsl_client_set_timeout(client.get(), 0);
  FramePtr received;
  while (received == nullptr) {
    vsl_host_process(host.get());
    received.reset(vsl_frame_wait(client.get(), 0));
  }
  EXPECT_EQ(first_byte(received.get()), 7);
}

}  // namespace
}  // namespace capi_test
