// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/testing.hpp"
#include "faults.hpp"

/// Hosts that die and come back, and processes that fork.
namespace vsl {
namespace {

using namespace std::chrono_literals;
using faults::Process;
using ipc::test::Bus;
using ipc::test::first_byte;
using ipc::test::must;

Result<Pool> small_pool() {
  return Pool::create({.format = fourcc("NV12"),
                       .width_px = 64,
                       .height_px = 32,
                       .buffers = 8,
                       .memory = {.source = MemorySource::memfd}});
}

/// A host that publishes frames full of `value` until it is killed or told to end.
int publish_for_ever(const std::string& path, std::uint8_t value, const faults::Line& line) {
  auto host = Host::listen(path);
  auto pool = small_pool();
  if (!host || !pool) return 2;
  line.tell(1);
  while (!line.heard()) {
    auto frame = pool->acquire();
    if (frame) {
      ipc::test::fill(*frame, value);
      if (!host->publish(std::move(*frame))) return 3;
    }
    if (!host->wait(1ms)) return 4;
  }
  return 0;
}

/// The next frame of a host that runs in another process.
Lease next(Client& client) {
  auto frame = client.wait_frame(10s);
  return frame && *frame ? std::move(**frame) : Lease();
}

TEST(LivesTest, AfterAHostIsKilledAndStartedAnewNoOldFrameIsDelivered) {
  const std::string path = ipc::test::socket_path();
  std::optional<Client> client;
  std::uint64_t epoch = 0;
  for (std::uint8_t life = 1; life <= 5; ++life) {
    Process host([&](const faults::Line& line) { return publish_for_ever(path, life, line); });
    ASSERT_EQ(host.line().wait(), 1U);
    if (!client) client.emplace(must(Client::connect(path)));
    std::vector<Lease> held;
    for (int frames = 0; frames < 20;) {
      Lease lease = next(*client);
      ASSERT_TRUE(lease);
      if (client->stats().epoch == epoch) continue;  // still the host before
      ASSERT_EQ(first_byte(lease), life);
      ++frames;
      if (held.size() < 3) held.push_back(std::move(lease));
    }
    epoch = client->stats().epoch;
    (void)host.end(SIGKILL);
    for (const Lease& lease : held) EXPECT_EQ(first_byte(lease), life) << "stays readable";
  }
  EXPECT_EQ(client->stats().reconnects, 4U);
  ::unlink(path.c_str());
}

TEST(LivesTest, AHostThatForkedAndDiedIsNoticedThoughItsChildLives) {
  const std::string path = ipc::test::socket_path();
  Process host([&](const faults::Line& line) {
    auto listening = Host::listen(path);
    auto pool = small_pool();
    if (!listening || !pool) return 2;
    line.tell(1);
    bool forked = false;
    for (;;) {
      auto frame = pool->acquire();
      if (frame && !listening->publish(std::move(*frame))) return 3;
      (void)listening->wait(1ms).has_value();
      if (!line.heard() || forked) continue;
      forked = true;
      if (::fork() == 0) {
        (void)line.wait();  // until the test ends
        ::_exit(0);
      }
      line.tell(2);
    }
  });
  ASSERT_EQ(host.line().wait(), 1U);
  Client client = must(Client::connect(path, {.reconnect = false}));
  ASSERT_TRUE(next(client));
  host.line().tell(1);
  ASSERT_EQ(host.line().wait(), 2U);
  host.signal(SIGKILL);
  for (;;) {
    const auto frame = client.wait_frame(10s);
    if (frame && *frame) continue;  // what it had published before
    ASSERT_FALSE(frame) << "10 s without frames and without being told";
    EXPECT_EQ(frame.error().code, std::errc::connection_reset);
    break;
  }
  ::unlink(path.c_str());
}

TEST(LivesTest, AForkedChildMayDestroyItsCopiesAndOwnOtherMemoryThere) {
  auto bus = std::make_unique<Bus>();
  auto client = std::make_unique<Client>(bus->client());
  bus->publish(3);
  Lease lease = bus->next(*client);
  ASSERT_TRUE(lease);
  EXPECT_EQ(testing::in_child([&] {
              // Fills the holes that board and ledger left: the child's own memory now.
              std::vector<volatile char*> pages;
              for (int i = 0; i < 4096; ++i) {
                void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                if (page != MAP_FAILED) pages.push_back(static_cast<char*>(page));
              }
              lease.release();
              client.reset();
              bus.reset();
              for (volatile char* page : pages) *page = 1;
              return 0;
            }),
            0);
  EXPECT_TRUE(lease.valid());
  for (int i = 0; i < 50; ++i) bus->publish(4);
  EXPECT_EQ(first_byte(lease), 3);
}

TEST(LivesTest, AChildWithoutRoomForDescriptorsStillLetsItsParentsSocketsGo) {
  Bus bus;
  Process owner([&](const faults::Line& line) {
    auto client = Client::connect(bus.path());
    if (!client || !client->wait_frame(10s)) return 2;
    line.tell(1);
    const rlimit none{3, 3};
    ::setrlimit(RLIMIT_NOFILE, &none);
    if (::fork() == 0) {
      (void)line.wait();
      ::_exit(0);
    }
    ::_exit(0);
  });
  bus.publish(1);
  ASSERT_TRUE(bus.until([&] { return owner.ended(); }));
  EXPECT_EQ(owner.line().heard(), 1U) << "it was connected";
  EXPECT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 0; }));
}

}  // namespace
}  // namespace vsl
