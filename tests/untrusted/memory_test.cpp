// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include "stranger.hpp"
#include "untouchable.hpp"
#include "wire/v1.hpp"

/// What a client of another user can do with what it was sent, and what it can reach beyond.
namespace vsl::untrusted {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;
using ipc::test::must;
using wire::v2::MessageType;

#define NEEDS_OTHER_USERS() \
  if (const char* why = missing_rights()) GTEST_SKIP() << why

constexpr std::size_t kBytes = 8192;

/// Reads packets until one of this type; a host that does not send it hangs up in the end.
bool receive(faults::RawPeer& peer, MessageType type) {
  while (faults::readable(peer.fd(), 10'000)) {
    if (peer.ended()) return false;
    if (peer.receive() == type) return true;
  }
  return false;
}

/// Tries everything on every descriptor a client is sent. More: "own" when the host is of our user.
int meddle(const Stage& stage) {
  const bool of_its_user = !stage.more.empty();
  faults::RawPeer peer(stage.path);
  (void)peer.hello();
  if (!receive(peer, MessageType::hello)) return 2;
  std::vector<UniqueFd> given;
  for (std::size_t i = 0; i < peer.packet.fd_count; ++i) {
    given.push_back(std::move(peer.packet.fds[i]));
  }
  (void)peer.say(MessageType::ready);
  if (!receive(peer, MessageType::buffers)) return 3;
  const UniqueFd ledger = std::move(given[2]);
  given.resize(2);  // an eventfd may have come with them
  given.push_back(std::move(peer.packet.fds[0]));
  for (const UniqueFd& fd : given) {
    expect_untouchable(fd.get());
    EXPECT_EQ(::fchmod(fd.get(), 0666) == 0, of_its_user);
    const UniqueFd again = reopen(fd.get(), O_RDWR);
    EXPECT_EQ(static_cast<bool>(again), of_its_user) << "by its mode";
    if (again) expect_untouchable(again.get());
  }
  expect_size_is_fixed(ledger.get());
  EXPECT_EQ(static_cast<bool>(reopen(ledger.get(), O_RDWR)), false);
  return 0;
}
const Role kMeddler("meddler", meddle);

int end_of(Bus& bus, Stranger& stranger) {
  EXPECT_TRUE(bus.until([&] { return stranger.ended(); }));
  return stranger.ended() ? stranger.end() : -1;
}

int meddle_with(Bus& bus) {
  Stranger stranger("meddler", kSomebody, bus.path());
  return end_of(bus, stranger);
}

/// A host of this user, with a frame in a memfd of a pool.
int host(const Stage& stage) {
  Bus bus;
  Host own = must(Host::listen(stage.path));
  (void)must(own.publish(bus.acquire()));
  stage.line.tell(1);
  while (stage.line.heard() != 2) (void)own.wait(10ms).has_value();
  return 0;
}
const Role kHost("host", host);

TEST(UntrustedMemoryTest, AnotherUserCanChangeNothingOfWhatItIsSent) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666});
  bus.publish(1);
  EXPECT_EQ(meddle_with(bus), 0);
}

TEST(UntrustedMemoryTest, TheHostsOwnUserCanChangeNothingEither) {
  NEEDS_OTHER_USERS();
  const std::string path = ipc::test::socket_path();
  Stranger own_host("host", kSomebody, path);
  ASSERT_EQ(own_host.line().wait(), 1U);
  Stranger stranger("meddler", kSomebody, path, {"own"});
  EXPECT_EQ(stranger.end(), 0);
  own_host.line().tell(2);
  EXPECT_EQ(own_host.end(), 0);
}

TEST(UntrustedMemoryTest, SharedMemoryIsSentForReadingAlone) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666});
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, kBytes);
  Frame frame = must(Frame::allocate(layout, {.source = MemorySource::shm}));
  (void)must(bus.host.publish(std::move(frame)));
  EXPECT_EQ(meddle_with(bus), 0);
}

TEST(UntrustedMemoryTest, MemoryOfTheProducersOwnIsSentForReadingAlone) {
  NEEDS_OTHER_USERS();
  const UniqueFd memory(::memfd_create("producer", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(memory.get(), kBytes), 0);
  ASSERT_EQ(::fchmod(memory.get(), 0400), 0) << "else others open it anew";
  Bus bus({.socket_mode = 0666});
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, kBytes);
  const std::array buffers = {must(Buffer::attach(memory.get(), kBytes))};
  FrameInfo info;
  info.layout = layout;
  (void)must(bus.host.publish(must(Frame::wrap(info, buffers))));
  // That of an unsealed memfd takes seals; who has no writable descriptor cannot add them.
  EXPECT_EQ(meddle_with(bus), 0);
  EXPECT_EQ(::ftruncate(memory.get(), 2 * kBytes), 0) << "the producer still can";
}

/// Says what it was sent in a v1 frame event at the place of the physical address, plus 1.
int read_v1(const Stage& stage) {
  faults::RawPeer peer(stage.path);
  stage.line.tell(0);
  if (!faults::readable(peer.fd(), 10'000)) return 2;
  (void)peer.receive();
  const auto event = wire::v1::parse_event(peer.packet.bytes());
  if (event.serial == 0 || peer.packet.fd_count != 1) return 3;
  expect_untouchable(peer.packet.fds[0].get());
  return event.paddr == 0 ? 0 : 4;
}
const Role kV1Reader("v1 reader", read_v1);

TEST(UntrustedMemoryTest, AClientOfVersion1SeesNoPhysicalAddressAndCannotWriteEither) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666});
  Stranger stranger("v1 reader", kSomebody, bus.path());
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v1_clients == 1; }));
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, kBytes);
  (void)must(bus.host.publish(must(Frame::allocate(layout, {.source = MemorySource::shm}))));
  EXPECT_EQ(end_of(bus, stranger), 0);
}

/// Says which file its chime is; then tries to get at other processes' descriptors.
int reach_out(const Stage& stage) {
  faults::RawPeer peer(stage.path);
  (void)peer.hello();
  if (!receive(peer, MessageType::hello)) return 2;
  struct stat chime {};
  if (::fstat(peer.packet.fds[1].get(), &chime) != 0) return 3;
  stage.line.tell(chime.st_ino);
  for (int process = 0; process < 2; ++process) {
    const auto pid = static_cast<pid_t>(stage.line.wait());
    const std::string folder = "/proc/" + std::to_string(pid);
    EXPECT_NE(::access((folder + "/fd").c_str(), R_OK), 0);
    EXPECT_NE(::access((folder + "/map_files").c_str(), R_OK), 0);
    for (int fd = 0; fd < 64; ++fd) {
      const std::string name = folder + "/fd/" + std::to_string(fd);
      EXPECT_FALSE(UniqueFd(::open(name.c_str(), O_RDONLY | O_CLOEXEC))) << name;
    }
    const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    for (int fd = 0; handle && fd < 64; ++fd) {
      EXPECT_LT(::syscall(SYS_pidfd_getfd, handle.get(), fd, 0), 0) << fd;
    }
  }
  stage.line.tell(1);
  (void)stage.line.wait();
  return 0;
}
const Role kReacher("reacher", reach_out);

std::uint64_t hear(Bus& bus, const Stranger& stranger) {
  std::optional<std::uint64_t> heard;
  EXPECT_TRUE(bus.until([&] {
    heard = stranger.line().heard();
    return heard || stranger.ended();
  }));
  return heard.value_or(0);
}

TEST(UntrustedMemoryTest, NobodyReachesTheChimeOfAnotherUserNorTheHostsMemory) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666});
  Stranger one("reacher", kSomebody, bus.path()), same("reacher", kSomebody, bus.path()),
      other("reacher", kSomebodyElse, bus.path());
  const std::uint64_t chime = hear(bus, one);
  EXPECT_EQ(hear(bus, same), chime) << "one user, one group";
  EXPECT_NE(hear(bus, other), chime);
  for (Stranger* stranger : {&one, &other}) {
    const Stranger& neighbour = stranger == &one ? other : one;
    stranger->line().tell(static_cast<std::uint64_t>(::getpid()));
    stranger->line().tell(static_cast<std::uint64_t>(neighbour.pid()));
    EXPECT_EQ(hear(bus, *stranger), 1U);
  }
  for (Stranger* stranger : {&one, &other}) {
    stranger->line().tell(0);
    EXPECT_EQ(stranger->end(), 0);
  }
}

TEST(UntrustedMemoryTest, ClientsOfOneUserHaveAChimeEachWhenTheHostSaysSo) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666, .chime_per_client = true});
  Stranger one("reacher", kSomebody, bus.path()), same("reacher", kSomebody, bus.path());
  const std::uint64_t chime = hear(bus, one);
  EXPECT_NE(hear(bus, same), chime);
}

}  // namespace
}  // namespace vsl::untrusted
