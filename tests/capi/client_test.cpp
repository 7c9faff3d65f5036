// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <thread>
#include <vector>

#include "tests/capi/bus.hpp"

namespace capi_test {
namespace {

TEST(CClientPath, IsRefusedWhenEmptyOrTooLongOrDeserted) {
  for (const char* path : {static_cast<const char*>(nullptr), ""}) {
    EXPECT_EQ(vsl_client_init(path, nullptr, false), nullptr);
    EXPECT_EQ(errno, EINVAL);
  }
  EXPECT_EQ(vsl_client_init(("/tmp/" + std::string(200, 'x')).c_str(), nullptr, false), nullptr);
  EXPECT_EQ(errno, ENAMETOOLONG);
  EXPECT_EQ(vsl_client_init("/tmp/vsl-capi-nobody-is-here", nullptr, false), nullptr);
  EXPECT_EQ(errno, ECONNREFUSED) << vsl_last_error();
}

TEST(CClientNull, IsTakenEverywhere) {
  vsl_client_release(nullptr);
  vsl_client_disconnect(nullptr);
  EXPECT_EQ(errno, EINVAL);
  vsl_client_set_timeout(nullptr, 1);
  EXPECT_EQ(vsl_client_userptr(nullptr), nullptr);
  EXPECT_EQ(vsl_client_path(nullptr), nullptr);
  EXPECT_EQ(vsl_frame_wait(nullptr, 0), nullptr);
  EXPECT_EQ(errno, EINVAL);
}

TEST(CClientOptions, AreRefusedWhenTheyCannotBe) {
  EXPECT_EQ(vsl_client_connect("/tmp/x", nullptr, false, nullptr), nullptr);
  EXPECT_EQ(errno, EINVAL);
  VSLClientOptions options{};
  EXPECT_EQ(vsl_client_connect("/tmp/x", nullptr, false, &options), nullptr) << "no size";
  EXPECT_EQ(errno, EINVAL);
  options.size = sizeof options;
  options.host_uid_count = 1;
  EXPECT_EQ(vsl_client_connect("/tmp/x", nullptr, false, &options), nullptr) << "no users";
  EXPECT_EQ(errno, EINVAL);
  options.host_uid_count = 0;
  EXPECT_EQ(vsl_client_connect("", nullptr, false, &options), nullptr);
  EXPECT_EQ(errno, EINVAL);
}

class CClient : public Bus {
 protected:
  void SetUp() override {
    Bus::SetUp();
    client_ = connect();
  }
  void TearDown() override {
    client_.reset();
    host_.reset();
  }

  VSLClientStats stats() {
    VSLClientStats found{};
    found.size = sizeof found;
    EXPECT_EQ(vsl_client_stats(client_.get(), &found), 0);
    return found;
  }

  ClientPtr client_;
};

TEST_F(CClient, KeepsWhatItWasGiven) {
  int mine = 0;
  const ClientPtr other(vsl_client_init(path_.c_str(), &mine, false));
  EXPECT_EQ(vsl_client_userptr(other.get()), &mine);
  EXPECT_EQ(vsl_client_path(other.get()), path_);
}

TEST_F(CClient, ReceivesABurstOfFramesInNewMemoryWhole) {
  for (int value = 1; value <= 3; ++value) post(value);
  for (int value = 1; value <= 3; ++value) {
    const FramePtr frame = wait(client_);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(first_byte(frame.get()), value);
  }
}

TEST_F(CClient, ReceivesADescriptionAndPixelsInOrder) {
  for (int value = 1; value <= 3; ++value) {
    post(value);
    const FramePtr frame = wait(client_);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(vsl_frame_serial(frame.get()), value);
    EXPECT_EQ(vsl_frame_width(frame.get()), 64);
    EXPECT_EQ(vsl_frame_height(frame.get()), 4);
    EXPECT_EQ(vsl_frame_fourcc(frame.get()), kNv12);
    EXPECT_EQ(vsl_frame_stride(frame.get()), 96);
    EXPECT_EQ(vsl_frame_plane_stride(frame.get(), 0), 64);
    EXPECT_EQ(vsl_frame_size(frame.get()), 384);
    EXPECT_EQ(vsl_frame_duration(frame.get()), 1);
    EXPECT_EQ(vsl_frame_pts(frame.get()), 2);
    EXPECT_EQ(vsl_frame_dts(frame.get()), 3);
    EXPECT_GT(vsl_frame_handle(frame.get()), 2);
    EXPECT_EQ(vsl_frame_paddr(frame.get()), -1);
    EXPECT_EQ(first_byte(frame.get()), value);
  }
}

TEST_F(CClient, SaysThatNothingCameInTime) {
  vsl_client_set_timeout(client_.get(), 0);
  EXPECT_EQ(vsl_frame_wait(client_.get(), 0), nullptr);
  EXPECT_EQ(errno, ETIMEDOUT);
}

TEST_F(CClient, PassesOverFramesBeforeATime) {
  for (int value = 1; value <= 2; ++value) {
    post(value);
    const std::int64_t until = value == 1 ? vsl_timestamp() : 0;
    vsl_client_set_timeout(client_.get(), 0);
    const FramePtr frame(vsl_frame_wait(client_.get(), until));
    EXPECT_EQ(vsl_frame_serial(frame.get()), value == 1 ? 0 : 2);
  }
}

TEST_F(CClient, HoldsAFrameUntilTheNextWait) {
  post(1);
  const FramePtr first = wait(client_);
  post(2);
  EXPECT_EQ(vsl_frame_valid(first.get()), 1);
  const FramePtr second = wait(client_);
  EXPECT_EQ(vsl_frame_valid(first.get()), 0);
  EXPECT_EQ(vsl_frame_valid(second.get()), 1);
  EXPECT_EQ(first_byte(first.get()), 1);  // not protected, but readable
}

TEST_F(CClient, CountsTheLocksOfAFrame) {
  post(1);
  FramePtr frame = wait(client_);
  ASSERT_EQ(vsl_frame_trylock(frame.get()), 0) << vsl_last_error();
  ASSERT_EQ(vsl_frame_trylock(frame.get()), 0);
  vsl_client_set_timeout(client_.get(), 0);
  EXPECT_EQ(vsl_frame_wait(client_.get(), 0), nullptr);
  EXPECT_EQ(vsl_frame_unlock(frame.get()), 0);
  EXPECT_EQ(vsl_frame_valid(frame.get()), 1);
  EXPECT_EQ(vsl_frame_unlock(frame.get()), 0);
  EXPECT_EQ(vsl_frame_valid(frame.get()), 0);
  EXPECT_EQ(vsl_frame_unlock(frame.get()), 0);
}

TEST_F(CClient, DelaysTheEndOfAnExpiredFrameUntilItIsUnlocked) {
  int ends = 0;
  post(
      1, vsl_timestamp() + 100 * kMs,
      [](VSLFrame* frame) { ++*static_cast<int*>(vsl_frame_userptr(frame)); }, &ends);
  FramePtr frame = wait(client_);
  ASSERT_EQ(vsl_frame_trylock(frame.get()), 0) << vsl_last_error();
  while (vsl_timestamp() < vsl_frame_expires(frame.get())) vsl_host_poll(host_.get(), 10);
  for (int i = 0; i < 3; ++i) vsl_host_process(host_.get());
  EXPECT_EQ(ends, 0);
  EXPECT_EQ(first_byte(frame.get()), 1);
  EXPECT_EQ(vsl_frame_unlock(frame.get()), 0) << vsl_last_error();
  while (ends == 0) ASSERT_EQ(vsl_host_process(host_.get()), 0);
  EXPECT_EQ(vsl_frame_trylock(frame.get()), -1);
  EXPECT_EQ(errno, EEXIST) << vsl_last_error();
}

TEST_F(CClient, LocksAFrameAgainWhileTheHostHasIt) {
  post(1);
  const FramePtr first = wait(client_);
  post(2);
  const FramePtr second = wait(client_);
  ASSERT_EQ(vsl_frame_trylock(first.get()), 0) << vsl_last_error();
  EXPECT_EQ(vsl_frame_valid(first.get()), 1);
  EXPECT_EQ(first_byte(first.get()), 1);
  EXPECT_EQ(vsl_frame_unlock(first.get()), 0);
}

TEST_F(CClient, LocksTwentyFramesAtMost) {
  std::vector<FramePtr> frames;
  for (int value = 0; value < 21; ++value) {
    post(value);
    frames.push_back(wait(client_));
    ASSERT_NE(frames.back(), nullptr) << value << " " << vsl_last_error();
    if (value == 20) break;
    ASSERT_EQ(vsl_frame_trylock(frames.back().get()), 0) << vsl_last_error();
  }
  EXPECT_EQ(vsl_frame_trylock(frames.back().get()), -1);
  EXPECT_EQ(errno, EMFILE);
  EXPECT_EQ(vsl_frame_unlock(frames.front().get()), 0);
  EXPECT_EQ(vsl_frame_trylock(frames.back().get()), 0) << vsl_last_error();
  for (int value = 1; value < 21; ++value) {
    EXPECT_EQ(first_byte(frames[static_cast<std::size_t>(value)].get()), value);
  }
}

TEST_F(CClient, LearnsThatTheHostTookAFrameBack) {
  VSLFrame* const posted = post(1);
  const FramePtr frame = wait(client_);
  ASSERT_EQ(vsl_frame_trylock(frame.get()), 0);
  const FramePtr dropped(posted);
  ASSERT_EQ(vsl_host_drop(host_.get(), posted), 0);
  EXPECT_EQ(vsl_frame_valid(frame.get()), 0);
  EXPECT_EQ(vsl_frame_unlock(frame.get()), -1);
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(vsl_frame_trylock(frame.get()), -1);
  EXPECT_EQ(errno, EEXIST);
}

TEST_F(CClient, CannotPostOrChangeWhatItReceived) {
  post(1);
  const FramePtr frame = wait(client_);
  EXPECT_EQ(vsl_host_post(host_.get(), frame.get(), 0, 0, 0, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_frame_alloc(frame.get(), nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_frame_attach(frame.get(), vsl_frame_handle(frame.get()), 384, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  vsl_frame_unalloc(frame.get());
  EXPECT_EQ(vsl_frame_handle(frame.get()), -1);
}

TEST_F(CClient, SharesMemoryInBothDirections) {
  VSLFrame* const posted = post(1);
  const FramePtr frame = wait(client_);
  auto* const pixels = static_cast<unsigned char*>(vsl_frame_mmap(frame.get(), nullptr));
  ASSERT_NE(pixels, nullptr);
  pixels[0] = 42;
  EXPECT_EQ(first_byte(posted), 42);
}

TEST_F(CClient, LeavesItsFramesReadable) {
  post(1);
  const FramePtr locked = wait(client_);
  ASSERT_EQ(vsl_frame_trylock(locked.get()), 0);
  post(2);
  const FramePtr soft = wait(client_);
  client_.reset();
  EXPECT_EQ(first_byte(locked.get()), 1);
  EXPECT_EQ(first_byte(soft.get()), 2);
  EXPECT_EQ(vsl_frame_unlock(locked.get()), 0);
  EXPECT_EQ(vsl_frame_trylock(soft.get()), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CClient, EndsAWaitFromAnotherThread) {
  vsl_client_set_timeout(client_.get(), 1e9F);
  std::thread other([&] { vsl_client_disconnect(client_.get()); });
  EXPECT_EQ(vsl_frame_wait(client_.get(), 0), nullptr);
  EXPECT_EQ(errno, ECANCELED);
  EXPECT_EQ(vsl_frame_wait(client_.get(), 0), nullptr);
  other.join();
}

TEST_F(CClient, LearnsThatTheHostIsGone) {
  host_.reset();
  EXPECT_EQ(vsl_frame_wait(client_.get(), 0), nullptr);
  EXPECT_EQ(errno, ECONNRESET) << vsl_last_error();
}

TEST_F(CClient, SaysWhoMayBeTheHost) {
  uint32_t users[] = {::geteuid() + 1, ::geteuid() + 2};
  VSLClientOptions options{};
  options.size = sizeof options;
  options.host_uids = users;
  options.host_uid_count = 2;
  EXPECT_EQ(vsl_client_connect(path_.c_str(), nullptr, false, &options), nullptr);
  EXPECT_EQ(errno, EPERM);
  EXPECT_NE(std::string(vsl_last_error()).find("runs as user"), std::string::npos);
  for (const uint32_t user : {static_cast<uint32_t>(::geteuid()), VSL_ANY_USER}) {
    users[1] = user;
    EXPECT_NE(ClientPtr(vsl_client_connect(path_.c_str(), nullptr, false, &options)), nullptr);
  }
}

TEST_F(CClient, ProgramsThatCannotSayItTakeItFromTheEnvironment) {
  const auto connects = [&](const char* users) {
    ::setenv("VSL_HOST_USER", users, 1);
    const ClientPtr client(vsl_client_init(path_.c_str(), nullptr, false));
    return client != nullptr ? 0 : errno;
  };
  EXPECT_EQ(connects(std::to_string(::geteuid() + 1).c_str()), EPERM);
  EXPECT_EQ(connects("no-such-user-here"), EINVAL);
  EXPECT_EQ(connects("any"), 0);
  EXPECT_EQ(connects(""), 0);
  ::unsetenv("VSL_HOST_USER");
}

TEST_F(CClient, CountsWhatItGotInAStructOfAnySize) {
  post(1);
  wait(client_);
  EXPECT_EQ(stats().delivered, 1u);
  EXPECT_EQ(stats().wire_version, 2u);
  VSLClientStats small{};
  small.size = offsetof(VSLClientStats, skipped);
  small.skipped = 77;
  ASSERT_EQ(vsl_client_stats(client_.get(), &small), 0);
  EXPECT_EQ(small.delivered, 1u);
  EXPECT_EQ(small.skipped, 77u);
  small.size = 0;
  EXPECT_EQ(vsl_client_stats(client_.get(), &small), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CClient, OpensNothingWhenTheSameMemoryComesRound) {
  // Two frames in turn, dropped and posted again, as a producer with a fixed set of buffers does.
  FramePtr frames[2] = {picture(1), picture(2)};
  const auto round = [&](int number) {
    VSLFrame* const frame = frames[number % 2].get();
    ASSERT_EQ(vsl_host_post(host_.get(), frame, 0, 0, 0, 0), 0) << vsl_last_error();
    const FramePtr received = wait(client_);
    EXPECT_EQ(first_byte(received.get()), number % 2 + 1);
    ASSERT_EQ(vsl_host_drop(host_.get(), frame), 0) << vsl_last_error();
  };
  for (int number = 0; number < 4; ++number) round(number);
  const int fds = open_fds();
  for (int number = 0; number < 100; ++number) round(number);
  EXPECT_EQ(open_fds(), fds);
}

}  // namespace
}  // namespace capi_test
