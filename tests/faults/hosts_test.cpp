// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "raw_host.hpp"

/// Hosts that break the protocol, and what their clients make of it.
namespace vsl {
namespace {

using namespace std::chrono_literals;
using faults::RawHost;
using ipc::test::must;
using wire::v2::bytes_of;
using wire::v2::MessageType;

constexpr std::uint64_t kBuffer = wire::v2::kBufferCount;

struct HostsTest : ::testing::Test {
  Client connect(ClientOptions options = {}) {
    Client client = must(Client::connect(host.name, options));
    host.accept();
    return client;
  }
  void welcome(const std::array<int, 3>& fds) { (void)host.send(bytes_of(host.welcome()), fds); }
  void welcome() { welcome(host.welcome_fds()); }
  void refuse(std::uint32_t errnum, std::uint32_t retry_ms) {
    const wire::v2::Refused refused{static_cast<std::uint32_t>(MessageType::refused),
                                    sizeof refused, errnum, retry_ms};
    (void)host.send(bytes_of(refused));
  }
  void post(const wire::v2::Description& description) {
    const std::uint64_t serial = host.board().newest.load(std::memory_order_relaxed) + 1;
    wire::v2::post(host.board(), 0, serial, description, {});
  }

  RawHost host{ipc::test::socket_path()};
};

TEST_F(HostsTest, ARefusalWithoutAReasonIsAnErrorAllTheSame) {
  Client client = connect();
  refuse(0, 0);
  const auto frame = client.wait_frame(10s);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, std::errc::operation_not_permitted);
}

TEST_F(HostsTest, AFrameOfAnAbsurdTimeIsDelivered) {
  Client client = connect();
  welcome();
  host.send_buffer(kBuffer);
  auto picture = RawHost::picture(kBuffer);
  picture.published_ns = INT64_MIN;  // the age of such a frame is no number
  post(picture);
  const auto frame = client.wait_frame(10s);
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->published_ns(), INT64_MIN);
}

}  // namespace
}  // namespace vsl
