// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "verifier.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include "videostream/host.hpp"
#include "videostream/pool.hpp"

namespace vsl::command {
namespace {

/// A host and a client of one process, and frames with stamps of our choice between them.
class VerifierTest : public testing::Test {
 protected:
  void SetUp() override {
    HostOptions options;
    options.service_thread = true;
    const std::string name = "verifier-test-" + std::to_string(::getpid());
    auto host = Host::listen(name, options);
    ASSERT_TRUE(host) << host.error().message();
    host_.emplace(std::move(*host));
    auto client = Client::connect(
        name, {.policy = Policy::in_order(), .connect_timeout = std::chrono::seconds(60)});
    ASSERT_TRUE(client) << client.error().message();
    client_.emplace(std::move(*client));
    PoolOptions picture;
    picture.format = fourcc("GREY");
    picture.width_px = picture.height_px = 64;
    auto pool = Pool::create(picture);
    ASSERT_TRUE(pool) << pool.error().message();
    pool_.emplace(std::move(*pool));
  }

  /// Publishes a picture with the stamp that its source would give it, and has it verified.
  void pass(std::uint64_t sequence, std::int64_t captured_ns, bool in_pixels = false) {
    auto frame = pool_->acquire();
    ASSERT_TRUE(frame) << frame.error().message();
    frame->info().source_sequence = sequence;
    frame->info().times.captured_ns = captured_ns;
    ASSERT_TRUE(stamp_frame(*frame, in_pixels));
    publish_and_check(std::move(*frame));
  }

  void publish_and_check(Frame frame) {
    ASSERT_TRUE(host_->publish(std::move(frame)));
    auto lease = client_->wait_frame(std::chrono::seconds(60));
    ASSERT_TRUE(lease) << lease.error().message();
    ASSERT_TRUE(*lease);
    verifier_.check(**lease, (*lease)->info(), 1);
  }

  std::optional<Host> host_;
  std::optional<Client> client_;
  std::optional<Pool> pool_;
  Verifier verifier_;
};

TEST_F(VerifierTest, CountsANumberThatADriverRepeatsAndCallsItNotBad) {
  pass(1, 1000);
  pass(1, 2000);
  pass(1, 2000);  // vivid takes number and time from the same count
  pass(2, 3000);
  EXPECT_EQ(verifier_.verdicts().verified, 4U);
  EXPECT_EQ(verifier_.verdicts().bad(), 0U);
  EXPECT_EQ(verifier_.verdicts().repeated_sequences, 2U);
  EXPECT_NE(verifier_.verdicts().to_line().find("2 with a number their source gave twice"),
            std::string::npos);
}

TEST_F(VerifierTest, TakesADriverThatCountsAnewAtItsWord) {
  pass(500, 1000);
  pass(0, 2000);
  pass(1, 3000);
  EXPECT_EQ(verifier_.verdicts().verified, 3U);
  EXPECT_EQ(verifier_.verdicts().bad(), 0U);
}

TEST_F(VerifierTest, CallsAFrameStaleThatWasCapturedBeforeTheOneBefore) {
  pass(1, 1000);
  pass(2, 3000);
  pass(3, 2000);
  EXPECT_EQ(verifier_.verdicts().stale, 1U);
}

TEST_F(VerifierTest, CallsAFrameStaleWhoseNumberGoesBackWhereNoTimeIsKnown) {
  pass(5, 0);
  pass(5, 0);
  pass(4, 0);
  EXPECT_EQ(verifier_.verdicts().stale, 1U);
  EXPECT_EQ(verifier_.verdicts().repeated_sequences, 1U);
}

TEST_F(VerifierTest, CallsThePatternsPictureStaleWhenItComesTwice) {
  pass(1, 1000, true);
  pass(1, 1000, true);
  EXPECT_EQ(verifier_.verdicts().stale, 1U);
}

TEST_F(VerifierTest, CallsAFrameStaleThatBearsTheStampOfAnother) {
  for (const bool other_time : {false, true}) {
    auto frame = pool_->acquire();
    ASSERT_TRUE(frame) << frame.error().message();
    frame->info().source_sequence = 7;
    frame->info().times.captured_ns = 1000;
    ASSERT_TRUE(stamp_frame(*frame, false));
    frame->info().source_sequence = other_time ? 7 : 8;
    frame->info().times.captured_ns = other_time ? 2000 : 1000;
    publish_and_check(std::move(*frame));
  }
  EXPECT_EQ(verifier_.verdicts().stale, 2U);
}

TEST_F(VerifierTest, CallsAPictureTornThatIsNotTheOneOfItsStamp) {
  auto frame = pool_->acquire();
  ASSERT_TRUE(frame) << frame.error().message();
  ASSERT_TRUE(stamp_frame(*frame, false));
  std::memset(frame->plane(0).data(), 0x5a, 16);
  publish_and_check(std::move(*frame));
  EXPECT_EQ(verifier_.verdicts().torn, 1U);
}

}  // namespace
}  // namespace vsl::command
