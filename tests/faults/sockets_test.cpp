// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <random>

#include "base/testing.hpp"
#include "faults.hpp"
#include "wire/v2_protocol.hpp"

/// Clients that misuse their socket, and descriptors that run out.
namespace vsl {
namespace {

using namespace std::chrono_literals;
using faults::FewDescriptors;
using faults::Process;
using faults::RawPeer;
using faults::readable;
using faults::Upgraded;
using ipc::test::Bus;
using wire::v2::MessageType;

/// Sends what the kernel takes; the number of packets.
int flood(const RawPeer& peer, MessageType type) {
  int sent = 0;
  while (peer.say(type) == ipc::Transfer::done) ++sent;
  return sent;
}

/// The number the next descriptor would get.
rlim_t next_descriptor() {
  const UniqueFd probe(::dup(0));
  return static_cast<rlim_t>(probe.get());
}

TEST(SocketsTest, AFloodIsReadInTurnsAndOthersAreServed) {
  Bus bus;
  Upgraded flooder(bus);
  Client honest = bus.client();
  const int sent = flood(flooder.peer, MessageType::released);
  ASSERT_GT(sent, 64);
  ASSERT_TRUE(bus.host.process());
  EXPECT_GT(ipc::unread_bytes(flooder.peer.fd()), 0) << "one pass may not read it all";
  for (int i = 0; i < 100; ++i) {
    (void)flood(flooder.peer, MessageType::want);
    ASSERT_TRUE(bus.round(honest));
  }
  EXPECT_TRUE(bus.until([&] { return ipc::unread_bytes(flooder.peer.fd()) == 0; }));
  EXPECT_EQ(bus.host.stats().v2_clients, 2U) << "a flood alone is no reason to disconnect";
}

TEST(SocketsTest, AMutedClientIsHeardAgainThoughTheProducerHasStopped) {
  Bus bus;
  Upgraded flooder(bus);
  const int watched = bus.host.fd();
  while (readable(watched, 0)) ASSERT_TRUE(bus.host.process());
  (void)flood(flooder.peer, MessageType::released);
  // Publishing looks at sockets too, every 10 ms, and there the client is muted.
  const int before = ipc::unread_bytes(flooder.peer.fd());
  while (ipc::unread_bytes(flooder.peer.fd()) == before) {
    ASSERT_TRUE(bus.host.publish(bus.acquire()));
  }
  // From now on the program only does what the descriptor asks for.
  while (ipc::unread_bytes(flooder.peer.fd()) > 0) {
    ASSERT_TRUE(readable(watched, 10'000)) << "nothing will ever unmute it";
    ASSERT_TRUE(bus.host.process());
  }
}

TEST(SocketsTest, DisconnectsWhoSendsLessThanAMessageOrSaysHelloTwice) {
  Bus bus;
  Client honest = bus.client();
  for (std::size_t bytes = 1; bytes < 16; ++bytes) {
    const RawPeer peer(bus.path());
    const char zeros[16] = {};
    ASSERT_EQ(peer.send(zeros, bytes), ipc::Transfer::done);
    ASSERT_TRUE(bus.until([&] { return peer.ended(); })) << bytes << " bytes";
  }
  Upgraded twice(bus);
  ASSERT_EQ(twice.peer.hello(), ipc::Transfer::done);
  ASSERT_TRUE(bus.until([&] { return twice.peer.ended(); }));
  EXPECT_EQ(bus.host.stats().cut_off, 16U);
  EXPECT_TRUE(bus.round(honest));
}

TEST(SocketsTest, SurvivesRandomMessagesBeforeAndAfterHello) {
  Bus bus;
  Client honest = bus.client();
  std::mt19937 random(11);  // any seed will do
  for (int round = 0; round < 40; ++round) {
    RawPeer peer(bus.path());
    if (round % 2 == 1) (void)peer.hello();
    for (int i = 0; i < 50; ++i) {
      std::array<std::uint32_t, 80> words{};
      for (auto& word : words) word = random();
      constexpr auto kFirst = static_cast<std::uint32_t>(MessageType::hello);
      if (i % 4 != 0) words[0] = kFirst + random() % 8;
      if (i % 4 == 1) words[0] = random() % 3;
      (void)peer.send(words.data(), 16 + random() % (sizeof words - 16));
      ASSERT_TRUE(bus.host.process());
    }
    ASSERT_TRUE(bus.round(honest));
  }
}

TEST(SocketsTest, DropsDescriptorsThatAClientSends) {
  Bus bus;
  const RawPeer peer(bus.path());
  ASSERT_TRUE(bus.host.process());
  const auto before = testing::open_fd_count();
  const auto message = wire::v2::short_message(MessageType::ready, 0);
  const std::array<int, 4> fds = {0, 1, 2, peer.fd()};
  for (int i = 0; i < 50; ++i) {
    (void)ipc::send_packet(peer.fd(), wire::v2::bytes_of(message), fds);
    ASSERT_TRUE(bus.host.process());
  }
  // Before Linux 6.16 it is cut off; later it cannot send them.
  const auto cut_off = static_cast<std::ptrdiff_t>(bus.host.stats().cut_off);
  EXPECT_EQ(testing::open_fd_count(), before - cut_off);
}

TEST(SocketsTest, RefusesAndTellsMoreClientsThanAllowed) {
  Bus bus({.max_clients = 2});
  Client first = bus.client(), second = bus.client();
  Client third = ipc::test::must(Client::connect(bus.path(), {.reconnect = false}));
  ASSERT_TRUE(bus.host.process());
  const auto refused = third.wait_frame(10s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::connection_refused);
  EXPECT_EQ(bus.host.stats().refused, 1U);
  EXPECT_TRUE(bus.round(first));
  EXPECT_TRUE(bus.round(second));
}

TEST(SocketsTest, TurnsAClientAwayWithoutDescriptorsAndServesTheNext) {
  Bus bus;
  Process process([&](const faults::Line& line) {
    for (;;) {
      (void)line.wait();
      const RawPeer peer(bus.path());
      (void)peer.hello();
      line.tell(1);
      (void)line.wait();
    }
    return 0;
  });
  const int watched = bus.host.fd();
  while (readable(watched, 0)) ASSERT_TRUE(bus.host.process());
  {
    const FewDescriptors few(next_descriptor());
    process.line().tell(1);
    ASSERT_TRUE(bus.until([&] { return bus.host.stats().refused == 1; }));
    EXPECT_FALSE(readable(watched, 0)) << "the host would spin";
  }
  ASSERT_TRUE(bus.until([&] { return process.line().heard().has_value(); }));
  process.line().tell(1);
  process.line().tell(1);
  EXPECT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 1; }));
}

TEST(SocketsTest, AClientWhoseDescriptorsRanOutRecovers) {
  Bus bus;
  Process process([&](const faults::Line& line) {
    auto client = Client::connect(bus.path());
    if (!client || !client->wait_frame(10s)) return 2;  // frame 1: welcomed
    {
      const FewDescriptors few(next_descriptor());
      line.tell(1);
      (void)line.wait();  // frames in buffers it does not know
      while (client->stats().unknown_buffer == 0) {
        auto frame = client->wait_frame(100ms);
        if (!frame) return 3;
        if (*frame && (*frame)->serial() != 1 && !(*frame)->plane(0).empty()) return 4;
      }
    }
    line.tell(2);
    for (;;) {
      auto frame = client->wait_frame(10s);
      if (!frame || !*frame) return 5;
      if ((*frame)->plane(0)[0] == std::byte{77}) return 0;
    }
  });
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 1; }));
  bus.publish(1);
  ASSERT_TRUE(bus.until([&] { return process.line().heard() == 1U; }));
  const Frame kept = bus.acquire();  // else the pool gives the known buffer again
  bus.publish(2);
  process.line().tell(1);
  ASSERT_TRUE(bus.until([&] { return process.line().heard() == 2U; }));
  EXPECT_TRUE(bus.until([&] {
    bus.publish(77);
    return process.ended();
  }));
  EXPECT_EQ(process.end(), 0);
}

TEST(SocketsTest, AThousandClientsComeAndGoWithoutATrace) {
  Bus bus;
  { Client warm = bus.client(); }
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 0; }));
  const auto before = testing::open_fd_count();
  for (int i = 0; i < 1000; ++i) {
    Client client = bus.client();
    if (i % 100 != 0) continue;
    ASSERT_TRUE(bus.round(client));
  }
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 0; }));
  EXPECT_EQ(testing::open_fd_count(), before);
  Client last = bus.client();
  EXPECT_TRUE(bus.round(last));
}

TEST(SocketsTest, AClientsDescriptorIsQuietWhileThereIsNothing) {
  Bus bus;
  Client client = bus.client();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(bus.round(client));  // it knows all buffers
  const int fd = client.fd();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(bus.round(client));
    auto nothing = client.try_frame();
    ASSERT_TRUE(nothing);
    ASSERT_FALSE(*nothing);
    EXPECT_FALSE(readable(fd, 0)) << "an event loop would spin, round " << i;
  }
}

TEST(SocketsTest, ALeaseFromTheHostBeforeDoesNotKeepTheDescriptorReadable) {
  Bus bus;
  Client client = bus.client();
  const int fd = client.fd();
  bus.publish(1);
  const Lease old = bus.next(client);
  ASSERT_TRUE(old);
  bus.restart();
  ASSERT_TRUE(bus.until([&] {
    (void)client.try_frame().has_value();
    return client.stats().wire_version == 2 && client.stats().reconnects == 1;
  }));
  auto nothing = client.try_frame();
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(readable(fd, 0)) << "an event loop would spin as long as the lease is held";
}

TEST(SocketsTest, TheSocketFileHasExactlyTheModeThatWasAskedFor) {
  const mode_t before = ::umask(0077);
  const Bus bus({.socket_mode = 0666});
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(bus.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0666U);
}

// models/hello.pml, break want-needs-ready: a client's sends may fail for want of memory.
TEST(SocketsTest, WhoWantsABufferIsSentItThoughItsReadyWasLost) {
  Bus bus;
  faults::RawPeer peer(bus.path());
  (void)peer.hello();
  ASSERT_TRUE(bus.until([&] { return peer.receive() == wire::v2::MessageType::hello; }));
  const auto memory =
      ipc::test::must(Mapping::map(peer.packet.fds[0].get(), sizeof(wire::v2::Board), {}));
  const auto& board = *memory.as<const wire::v2::Board>();
  bus.publish(1);
  const std::uint64_t word = wire::v2::find(board, 1);
  ASSERT_NE(word, 0U);
  const auto& description = board.slots[wire::v2::slot_of(word)].description;
  (void)peer.say(wire::v2::MessageType::want, description.buffers[0].id);
  EXPECT_TRUE(bus.until([&] { return peer.receive() == wire::v2::MessageType::buffers; }));
}

TEST(SocketsTest, TheDescriptorOfAnotherUsersClientIsQuietToo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs to become another user";
  Bus bus({.socket_mode = 0666});
  Process process([&](const faults::Line& line) {
    if (::setuid(65534) != 0) return 2;
    auto client = Client::connect(bus.path());
    if (!client) return 3;
    const int fd = client->fd();
    for (std::uint64_t frames = 0; frames < 5;) {
      if (!readable(fd, 60'000)) return 4;
      auto frame = client->try_frame();
      if (!frame) return 5;
      if (*frame) line.tell(++frames);
      if (!*frame && readable(fd, 0)) {
        // What came in the meantime is a reason; the same again is not.
        auto again = client->try_frame();
        if (!again) return 6;
        if (*again) line.tell(++frames);
        if (!*again && readable(fd, 0)) return 7;
      }
    }
    (void)line.wait();
    return 0;
  });
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 1; }));
  std::uint64_t frames = 0;
  std::uint64_t published = 0;
  ASSERT_TRUE(bus.until([&] {
    frames = process.line().heard().value_or(frames);
    if (frames == published) {  // one by one: more would be a reason to be readable again
      bus.publish(1);
      ++published;
    }
    return frames == 5 || process.ended();
  }));
  process.line().tell(0);
  EXPECT_EQ(process.end(), 0);
}

}  // namespace
}  // namespace vsl
