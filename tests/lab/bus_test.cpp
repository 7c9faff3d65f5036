// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <deque>

#include "base/testing.hpp"
#include "tests/capi/bus.hpp"
#include "tests/faults/faults.hpp"
#include "tests/lab/dma_bufs.hpp"
#include "wire/v1.hpp"

/// Frames in dma-bufs between processes.
namespace vsl::lab {
namespace {

using namespace std::chrono_literals;
using faults::Line;
using faults::Process;
using faults::RawPeer;
using ipc::test::Bus;
using ipc::test::must;

constexpr std::uint64_t kFrames = 40;
constexpr std::uint32_t kBuffers = 8;
constexpr std::size_t kHeld = 4;  // frames a consumer keeps, so that all buffers come round
constexpr auto kPatience = 60s;

bool is_whole(std::span<const std::byte> memory, std::uint64_t serial) {
  return std::all_of(memory.begin(), memory.end(),
                     [&](std::byte byte) { return byte == static_cast<std::byte>(serial); });
}

bool is_whole(const Lease& lease) {
  const Layout layout = lease.info().layout;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const auto plane = lease.plane(i);
    if (plane.size() != layout.plane_bytes(i) || !is_whole(plane, lease.serial())) return false;
  }
  return layout.plane_count == 2;
}

/// Reads frame after frame and tells of each; 0 when all were whole and, once each buffer had come
/// round, neither a descriptor nor a mapping was new.
int consume_v2(const std::string& path, const Line& line) {
  Client client = must(Client::connect(path, {.policy = Policy::in_order()}));
  std::deque<Lease> held;
  ClientStats settled;
  for (std::uint64_t serial = 0; serial < kFrames;) {
    auto lease = client.wait_frame(kPatience);
    if (!lease || !*lease) return 1;
    serial = (*lease)->serial();
    if (!is_whole(**lease)) return 2;
    held.push_back(*std::move(*lease));
    if (held.size() > kHeld) held.pop_front();
    if (!is_whole(held.front())) return 3;
    if (serial == kFrames / 2) settled = client.stats();
    line.tell(serial);
  }
  const ClientStats stats = client.stats();
  if (stats.wire_version != 2 || stats.delivered != kFrames) return 4;
  if (stats.fds_received != settled.fds_received || stats.maps != settled.maps) return 5;
  return stats.maps > kHeld && stats.maps <= kBuffers ? 0 : 6;
}

/// Asks a v1 host and expects its consent as the next packet.
bool ask_v1(RawPeer& peer, wire::v1::Request request, std::int64_t serial) {
  const wire::v1::Control control{static_cast<std::uint32_t>(request), 0, serial};
  if (peer.send(&control, sizeof control) != ipc::Transfer::done) return false;
  if (!faults::readable(peer.fd(), 60'000)) return false;
  if (ipc::receive_packet(peer.fd(), peer.packet) != ipc::Transfer::done) return false;
  const auto reply = wire::v1::parse_event(peer.packet.bytes());
  return reply.serial == 0 && reply.error == 0;
}

/// The same by hand and with wire version 1: each frame is mapped anew, writable, as by
/// release 2.5.
int consume_v1(const std::string& path, const Line& line) {
  RawPeer peer(path);
  for (std::uint64_t serial = 0; serial < kFrames;) {
    if (!faults::readable(peer.fd(), 60'000)) return 1;
    if (ipc::receive_packet(peer.fd(), peer.packet) != ipc::Transfer::done) return 2;
    const auto event = wire::v1::parse_event(peer.packet.bytes());
    if (event.error != 0 || peer.packet.fd_count != 1) return 3;
    serial = static_cast<std::uint64_t>(event.serial);
    const UniqueFd fd = std::move(peer.packet.fds[0]);
    if (!ask_v1(peer, wire::v1::Request::try_lock, event.serial)) return 4;
    const auto memory =
        Mapping::map(fd.get(), event.size_bytes, {.mode = Mapping::Mode::read_write});
    if (!memory || !is_whole(memory->bytes(), serial)) return 5;
    if (!ask_v1(peer, wire::v1::Request::unlock, event.serial)) return 6;
    line.tell(serial);
  }
  return 0;
}

/// A C program that writes into the first frame it gets; 77 when the memory does not let it.
int scribble(const std::string& path) {
  ::signal(SIGSEGV, [](int) { ::_exit(77); });
  const capi_test::ClientPtr client(vsl_client_init(path.c_str(), nullptr, false));
  if (client == nullptr) return 1;
  vsl_client_set_timeout(client.get(), 60);
  const capi_test::FramePtr frame(vsl_frame_wait(client.get(), 0));
  if (frame == nullptr || vsl_frame_trylock(frame.get()) != 0) return 2;
  auto* const pixels = static_cast<volatile std::uint8_t*>(vsl_frame_mmap(frame.get(), nullptr));
  if (pixels == nullptr) return 3;
  pixels[0] = 0x5a;
  vsl_frame_munmap(frame.get());
  return 0;
}

class DmaBufBusTest : public ::testing::TestWithParam<Source> {
 protected:
  /// Publishes frames full of their serial, each when the one before was read.
  void produce(const Process& consumer) {
    for (std::uint64_t serial = 1; serial <= kFrames && !consumer.ended(); ++serial) {
      ASSERT_EQ(bus_.publish(static_cast<std::uint8_t>(serial)), serial);
      (void)bus_.until([&] { return consumer.line().heard() == serial || consumer.ended(); });
    }
  }
  /// How a consumer ends that the host has met as a client of this wire version.
  int status_of(int (*consume)(const std::string&, const Line&),
                std::uint32_t HostStats::*clients) {
    Process consumer([&](const Line& line) { return consume(bus_.path(), line); });
    EXPECT_TRUE(bus_.until([&] { return bus_.host.stats().*clients == 1; }));
    produce(consumer);
    EXPECT_TRUE(bus_.until([&] { return consumer.ended(); }));
    return consumer.end();
  }
  /// What a C client's attempt to write into a frame of ours comes to.
  int status_of_scribbling(Access access, std::byte& first_byte) {
    MemoryOptions memory = GetParam().options;
    memory.access = access;
    Bus bus({.access = access}, kBuffers, memory);
    Frame frame = bus.acquire();
    ipc::test::fill(frame, 1);
    const auto buffer = frame.buffer(0);
    EXPECT_TRUE(bus.host.publish(std::move(frame)));
    Process client([&](const Line&) { return scribble(bus.path()); });
    EXPECT_TRUE(bus.until([&] { return client.ended(); }));
    first_byte = must(buffer->map())[0];
    return client.end();
  }

  Bus bus_{HostOptions{}, kBuffers, GetParam().options};
};

INSTANTIATE_TEST_SUITE_P(Of, DmaBufBusTest, every_source(), name_of);

TEST_P(DmaBufBusTest, CarriesWholeFramesToAnotherProcessAndPassesEachBufferOnce) {
  EXPECT_EQ(status_of(consume_v2, &HostStats::v2_clients), 0);
}

TEST_P(DmaBufBusTest, CarriesWholeFramesToAClientOfRelease25) {
  EXPECT_EQ(status_of(consume_v1, &HostStats::v1_clients), 0);
}

TEST_P(DmaBufBusTest, LetsClientsOfAReadingHostMapForReadingOnly) {
  std::byte first{};
  EXPECT_EQ(status_of_scribbling(Access::read, first), 77);
  EXPECT_EQ(first, std::byte{1});
}

TEST_P(DmaBufBusTest, LetsClientsWriteWhereTheHostAllowsIt) {
  std::byte first{};
  EXPECT_EQ(status_of_scribbling(Access::read_write, first), 0);
  EXPECT_EQ(first, std::byte{0x5a});
}

TEST_P(DmaBufBusTest, TakesTheBuffersOfAKilledClientBack) {
  Process client([&](const Line& line) {
    Client reader = must(Client::connect(bus_.path(), {.policy = Policy::in_order()}));
    std::deque<Lease> held;
    while (held.size() < kHeld) {
      auto lease = reader.wait_frame(kPatience);
      if (!lease || !*lease) return 1;
      held.push_back(*std::move(*lease));
      if (held.back().plane(0).empty()) return 2;
      line.tell(held.size());
    }
    return static_cast<int>(line.wait());
  });
  ASSERT_TRUE(bus_.until([&] { return bus_.host.stats().v2_clients == 1; }));
  for (std::uint64_t i = 1; i <= kHeld; ++i) {
    bus_.publish(1);
    ASSERT_TRUE(bus_.until([&] { return client.line().heard() == i; }));
  }
  (void)client.end(SIGKILL);
  std::vector<Frame> all;
  EXPECT_TRUE(bus_.until([&] {
    auto frame = bus_.pool.acquire();
    if (frame) all.push_back(*std::move(frame));
    return all.size() == kBuffers;
  }));
}

TEST_P(DmaBufBusTest, LeavesNothingBehindWhenItEnds) {
  const auto fds = testing::open_fd_count();
  const int before = dma_bufs_alive();
  for (int i = 0; i < 5; ++i) {
    Bus bus({}, kBuffers, GetParam().options);
    Client client = bus.client();
    for (int frame = 0; frame < 20; ++frame) ASSERT_TRUE(bus.round(client));
    EXPECT_GT(dma_bufs_alive(), before);
  }
  EXPECT_EQ(testing::open_fd_count(), fds);
  EXPECT_EQ(dma_bufs_alive(), before);
}

}  // namespace
}  // namespace vsl::lab
