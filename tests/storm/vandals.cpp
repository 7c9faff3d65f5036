// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/clock.hpp"
#include "raw_client.hpp"
#include "wire/v1.hpp"

/// Clients that misuse their socket, their ledger and the descriptors they were given.
namespace vsl::storm {
namespace {

namespace v2 = wire::v2;
using ipc::Transfer;

void write_words(Actor& actor, RawClient& client) {
  const auto choice = below(actor.random, 5);
  for (std::uint32_t i = 0; i < v2::kMaxLeaseWords; ++i) {
    const std::uint64_t ring =
        client.board().ring[below(actor.random, v2::kRingSize)].load(std::memory_order_acquire);
    const std::uint64_t slot = below(actor.random, v2::kSlotCount);
    std::uint64_t word = actor.random();
    if (choice == 1) word = ring;                                    // a frame that may live
    if (choice == 2) word = (ring & ~std::uint64_t{0xffff}) | slot;  // its serial, another's slot
    if (choice == 3) word = (v2::serial_of(ring) + 1) << 16 | (ring & 0xffff);  // of the future
    if (choice == 4) word = i % 2 == 0 ? 0 : ring;
    client.ledger().lease[i].store(word, std::memory_order_seq_cst);
  }
}

void write_anything(Actor& actor, RawClient& client) {
  auto* words = reinterpret_cast<std::uint64_t*>(client.ledger_bytes());
  for (std::size_t i = 0; i < sizeof(v2::Ledger) / sizeof *words; ++i) {
    // One word at a time, and atomically as the host reads them.
    std::atomic_ref(words[i]).store(actor.random(), kRelaxed);
  }
}

/// A packet that the host has to read: mostly of a type that it knows, sometimes with descriptors.
Transfer send_garbage(Actor& actor, const RawClient& client) {
  std::uint32_t words[64];
  for (auto& word : words) word = static_cast<std::uint32_t>(actor.random());
  const bool old = !actor.score.settings.v2 || below(actor.random, 2) == 0;
  const auto hello = static_cast<std::uint32_t>(v2::MessageType::hello);
  // TRYLOCK and UNLOCK of frames there may be, or the types of wire 2 after HELLO.
  if (below(actor.random, 8) != 0) words[0] = old ? words[0] % 3 : hello + 1 + words[0] % 7;
  if (below(actor.random, 2) == 0) words[2] %= 10'000, words[3] = 0;
  const int fds[] = {0, 1, client.fd()};
  const bool with_fds = below(actor.random, 16) == 0;
  count(actor.self.acts);
  return ipc::send_packet(client.fd(),
                          std::as_bytes(std::span(words)).first(16 + below(actor.random, 240)),
                          with_fds ? std::span<const int>(fds) : std::span<const int>());
}

/// Goes away in the middle of an exchange of version 1.
void break_off_v1(Actor& actor, const RawClient& client) {
  const char zeros[16] = {};
  const wire::v1::Control lock{0, 0, static_cast<std::int64_t>(below(actor.random, 100'000))};
  switch (below(actor.random, 4)) {
    case 0:
      (void)client.send(zeros, 1 + below(actor.random, 15));  // less than a message
      break;
    case 1:
      (void)client.send(&lock, sizeof lock);  // gone before the answer
      break;
    case 2:
      ::shutdown(client.fd(), below(actor.random, 2) == 0 ? SHUT_WR : SHUT_RD);
      breathe(actor, 100, 50'000);
      break;
    default:
      break;  // gone without a word
  }
}

/// The same of version 2.
void break_off_v2(Actor& actor, RawClient& client) {
  switch (below(actor.random, 4)) {
    case 0:
      (void)client.say_hello();  // gone before WELCOME, or with it unread
      breathe(actor, 0, 3'000);
      break;
    case 1:
      (void)client.say_hello();
      (void)client.say_hello();
      breathe(actor, 0, 3'000);
      break;
    case 2:
      (void)client.say_hello(static_cast<std::uint32_t>(actor.random()));
      if (client.upgrade()) breathe(actor, 0, 100'000);  // never READY
      break;
    default:
      (void)client.say_hello();
      if (client.upgrade()) (void)client.say(v2::MessageType::ready);
      breathe(actor, 0, 2'000);  // gone with buffers on their way
  }
}

/// What must fail: changing what is only to be read.
void break_in(Actor& actor, RawClient& client) {
  auto fds = client.take_buffers();
  const auto victim = below(actor.random, fds.size() + 2);
  const int fd = victim < 2 ? client.welcome_fds[victim].get() : fds[victim - 2].get();
  void* view = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const bool mapped = view != MAP_FAILED;
  if (mapped) ::munmap(view, 4096);
  if (!mapped && ::ftruncate(fd, 0) != 0 && ::pwrite(fd, "x", 1, 0) < 0) return;
  count(actor.self.broke_in);
  find(actor.self, "memory that is only to be read was opened for writing");
}

}  // namespace

int run_liar(Actor& actor) {
  while (!actor.finished()) {
    auto client = upgraded(actor);
    if (!client) continue;
    (void)client->say(v2::MessageType::ready);
    for (auto lies = below(actor.random, 400); lies > 0 && !client->ended(); --lies) {
      count(actor.self.acts);
      switch (below(actor.random, 6)) {
        case 0:
          write_anything(actor, *client);
          break;
        case 1:
          (void)::madvise(client->ledger_bytes(), v2::kPageBytes, MADV_REMOVE);
          break;
        case 2:
          (void)client->say(v2::MessageType::released, actor.random());
          (void)client->say(v2::MessageType::want, actor.random());
          break;
        case 3:
          break_in(actor, *client);
          break;
        default:
          write_words(actor, *client);
      }
      breathe(actor, 100, 10'000);
    }
  }
  return kDone;
}

int run_flooder(Actor& actor) {
  while (!actor.finished()) {
    auto client = RawClient::connect(actor.path());
    if (!client) {
      breathe(actor, 5'000, 20'000);
      continue;
    }
    if (actor.score.settings.v2 && below(actor.random, 2) == 0) (void)client->say_hello();
    for (auto bursts = below(actor.random, 200); bursts > 0; --bursts) {
      Transfer sent = Transfer::done;
      for (int i = 0; i < 300 && sent == Transfer::done; ++i) sent = send_garbage(actor, *client);
      if (sent == Transfer::closed) break;
      breathe(actor, 200, 10'000);
    }
  }
  return kDone;
}

int run_breaker(Actor& actor) {
  while (!actor.finished()) {
    auto client = RawClient::connect(actor.path());
    breathe(actor, 200, 15'000);
    if (!client) continue;
    count(actor.self.acts);
    if (!actor.score.settings.v2 || below(actor.random, 2) == 0) {
      break_off_v1(actor, *client);
    } else {
      break_off_v2(actor, *client);
    }
  }
  return kDone;
}

int run_connector(Actor& actor) {
  constexpr std::size_t kMost = 40;
  std::vector<RawClient> kept;
  while (!actor.finished()) {
    for (auto burst = below(actor.random, 200); burst > 0; --burst) {
      auto client = RawClient::connect(actor.path());
      if (!client) break;
      count(actor.self.acts);
      if (actor.score.settings.v2 && below(actor.random, 2) == 0) (void)client->say_hello();
      if (below(actor.random, 4) == 0) kept.push_back(std::move(*client));
      if (kept.size() >= kMost) kept.clear();
    }
    breathe(actor, 5'000, 80'000);
  }
  return kDone;
}

int run_ringer(Actor& actor) {
  while (!actor.finished()) {
    auto client = upgraded(actor);
    if (!client) continue;
    (void)client->say(v2::MessageType::ready);
    (void)client->say(v2::MessageType::bell);
    for (auto rings = below(actor.random, 500); rings > 0 && !client->ended(); --rings) {
      count(actor.self.acts);
      client->ledger().armed.store(static_cast<std::uint32_t>(actor.random()),
                                   std::memory_order_seq_cst);
      if (below(actor.random, 8) == 0) (void)client->say(v2::MessageType::bell);
      if (below(actor.random, 32) == 0) (void)client->take_buffers();
      breathe(actor, 100, 10'000);
    }
  }
  return kDone;
}

}  // namespace vsl::storm
