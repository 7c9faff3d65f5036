// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/un.h>

#include <vector>

#include "tests/capi/bus.hpp"

namespace capi_test {
namespace {

void count_end(VSLFrame* frame) { ++*static_cast<int*>(vsl_frame_userptr(frame)); }

TEST(CHostPath, IsRefusedWhenEmptyOrTooLong) {
  for (const char* path : {static_cast<const char*>(nullptr), ""}) {
    EXPECT_EQ(vsl_host_init(path), nullptr);
    EXPECT_EQ(errno, EINVAL);
  }
  EXPECT_EQ(vsl_host_init(("/tmp/" + std::string(200, 'x')).c_str()), nullptr);
  EXPECT_EQ(errno, ENAMETOOLONG);
}

class CHost : public Bus {};

TEST_F(CHost, KeepsItsPathAndLeavesNoFile) {
  EXPECT_EQ(vsl_host_path(host_.get()), path_);
  EXPECT_EQ(::access(path_.c_str(), F_OK), 0);
  host_.reset();
  EXPECT_NE(::access(path_.c_str(), F_OK), 0);
  EXPECT_EQ(vsl_host_path(nullptr), nullptr);
}

TEST_F(CHost, IsNotReplacedByASecondOne) {
  EXPECT_EQ(vsl_host_init(path_.c_str()), nullptr);
  EXPECT_EQ(errno, EADDRINUSE) << vsl_last_error();
}

TEST_F(CHost, NumbersFramesFromOne) {
  for (int expected = 1; expected <= 3; ++expected) {
    const std::int64_t before = vsl_timestamp();
    VSLFrame* const frame = post(expected);
    EXPECT_EQ(vsl_frame_serial(frame), expected);
    EXPECT_GE(vsl_frame_timestamp(frame), before);
    EXPECT_LE(vsl_frame_timestamp(frame), vsl_timestamp());
    EXPECT_EQ(vsl_frame_duration(frame), 1);
    EXPECT_EQ(vsl_frame_pts(frame), 2);
    EXPECT_EQ(vsl_frame_dts(frame), 3);
  }
}

TEST_F(CHost, RefusesAFrameThatIsPostedAlready) {
  int ends = 0;
  VSLFrame* const frame = post(1, 0, count_end, &ends);
  EXPECT_EQ(vsl_host_post(host_.get(), frame, 0, -1, -1, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_frame_serial(frame), 1);
  EXPECT_EQ(vsl_frame_pts(frame), 2);
  EXPECT_EQ(vsl_frame_alloc(frame, nullptr), -1);
  vsl_frame_unalloc(frame);
  EXPECT_EQ(first_byte(frame), 1);
  host_.reset();
  EXPECT_EQ(ends, 1);
}

TEST_F(CHost, LeavesAFrameItCannotPostToItsOwner) {
  FramePtr frame(vsl_frame_init(64, 4, 0, kNv12, nullptr, nullptr));
  EXPECT_EQ(vsl_host_post(host_.get(), frame.get(), 0, -1, -1, -1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(vsl_frame_serial(frame.get()), 0);
  EXPECT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0);
  EXPECT_EQ(vsl_host_post(nullptr, frame.get(), 0, -1, -1, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_host_post(host_.get(), nullptr, 0, -1, -1, -1), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CHost, EndsAFrameOnceItHasExpired) {
  int ends = 0;
  post(1, vsl_timestamp() + 5 * kMs, count_end, &ends);
  EXPECT_EQ(ends, 0);
  while (ends == 0) {
    vsl_host_poll(host_.get(), 1000);
    ASSERT_EQ(vsl_host_process(host_.get()), 0);
  }
  EXPECT_EQ(ends, 1);
}

TEST_F(CHost, EndsAFrameOfThePastInTheNextPass) {
  int ends = 0;
  post(1, -1, count_end, &ends);
  vsl_host_process(host_.get());
  EXPECT_EQ(ends, 1);
}

TEST_F(CHost, LetsACallbackUseTheHost) {
  struct Context {
    VSLHost* host;
    int result;
  } context{host_.get(), -2};
  post(
      1, -1,
      [](VSLFrame* frame) {
        auto* const found = static_cast<Context*>(vsl_frame_userptr(frame));
        found->result = vsl_host_process(found->host);
      },
      &context);
  vsl_host_process(host_.get());
  EXPECT_EQ(context.result, 0);
}

TEST_F(CHost, GivesDroppedFramesBackToBePostedAgain) {
  int ends = 0;
  FramePtr frame(post(1, 0, count_end, &ends));
  ASSERT_EQ(vsl_host_drop(host_.get(), frame.get()), 0) << vsl_last_error();
  EXPECT_EQ(ends, 0);
  EXPECT_EQ(vsl_host_drop(host_.get(), frame.get()), -1);
  EXPECT_EQ(errno, ENOENT);
  ASSERT_EQ(vsl_host_post(host_.get(), frame.get(), 0, -1, -1, -1), 0);
  EXPECT_EQ(vsl_frame_serial(frame.get()), 2);
  ASSERT_EQ(vsl_host_drop(host_.get(), frame.get()), 0);
  host_.reset();
  EXPECT_EQ(ends, 0);
  frame.reset();
  EXPECT_EQ(ends, 1);
}

TEST_F(CHost, DropsNothingThatIsNotItsOwn) {
  const FramePtr frame = picture(1);
  EXPECT_EQ(vsl_host_drop(host_.get(), frame.get()), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(vsl_host_drop(nullptr, frame.get()), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CHost, TakesAReleasedFrameBackFirst) {
  int ends = 0;
  FramePtr frame(post(1, 0, count_end, &ends));
  frame.reset();
  EXPECT_EQ(ends, 1);
  host_.reset();
  EXPECT_EQ(ends, 1);
}

TEST_F(CHost, EndsAllFramesWhenItIsReleased) {
  int ends = 0;
  for (int i = 0; i < 10; ++i) post(i, 0, count_end, &ends);
  const ClientPtr client = connect();
  host_.reset();
  EXPECT_EQ(ends, 10);
}

TEST_F(CHost, ListsItsListenerAndItsClients) {
  size_t live = 0;
  ASSERT_EQ(vsl_host_sockets(host_.get(), 0, nullptr, &live), 0);
  EXPECT_EQ(live, 1u);
  const ClientPtr client = connect();
  int sockets[4] = {-1, -1, -1, -1};
  ASSERT_EQ(vsl_host_sockets(host_.get(), 1, sockets, &live), 0);
  EXPECT_EQ(live, 2u);
  EXPECT_GE(sockets[0], 0);
  EXPECT_EQ(sockets[1], -1);
  ASSERT_EQ(vsl_host_sockets(host_.get(), 4, sockets, nullptr), 0);
  EXPECT_GE(sockets[1], 0);
  EXPECT_EQ(sockets[2], -1);
  EXPECT_EQ(vsl_host_sockets(nullptr, 0, nullptr, &live), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CHost, ServesOneSocketOnRequest) {
  ClientPtr client = connect();
  int sockets[2] = {-1, -1};
  ASSERT_EQ(vsl_host_sockets(host_.get(), 2, sockets, nullptr), 0);
  EXPECT_EQ(vsl_host_service(host_.get(), sockets[1]), -1);
  EXPECT_EQ(errno, ENOMSG);
  EXPECT_EQ(vsl_host_service(nullptr, sockets[1]), -1);
  EXPECT_EQ(errno, EINVAL);
  client.reset();
  while (vsl_host_service(host_.get(), sockets[1]) == 0) {
  }
  EXPECT_EQ(errno, ECONNRESET) << vsl_last_error();
}

TEST_F(CHost, PollsWithoutWaitingForMore) {
  EXPECT_EQ(vsl_host_poll(host_.get(), 0), 0);
  const ClientPtr client(vsl_client_init(path_.c_str(), nullptr, false));
  EXPECT_EQ(vsl_host_poll(host_.get(), -1), 1);
  EXPECT_EQ(vsl_host_poll(nullptr, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_host_process(nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // they are what is tested

TEST_F(CHost, RegistersAFrameTheOldWay) {
  int ends = 0;
  const FramePtr memory = picture(9);
  VSLFrame* const frame = vsl_frame_register(host_.get(), 77, vsl_frame_handle(memory.get()), 64, 4,
                                             kNv12, 0, 0, 0, 1, 2, 3, count_end, &ends);
  ASSERT_NE(frame, nullptr) << vsl_last_error();
  EXPECT_EQ(vsl_frame_serial(frame), 1);
  const int handle = vsl_frame_handle(frame);
  vsl_frame_unregister(frame);
  EXPECT_EQ(ends, 1);
  ::close(handle);
}

TEST_F(CHost, RunsTheCallbackOfARegisteredFrameThatCannotBeAttached) {
  int ends = 0;
  EXPECT_EQ(
      vsl_frame_register(host_.get(), 1, -1, 64, 4, kNv12, 0, 0, 0, 0, 0, 0, count_end, &ends),
      nullptr);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(vsl_frame_register(host_.get(), 1, -1, 0, 4, kNv12, 0, 0, 0, 0, 0, 0, count_end, &ends),
            nullptr);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(ends, 1);
}

#pragma GCC diagnostic pop

}  // namespace
}  // namespace capi_test
