// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "attacks.hpp"
#include "wire/v1.hpp"

/// Work made for a host by saying much, and by coming and going; words written where a host reads.
namespace vsl::storm {
namespace {

namespace v1 = wire::v1;
namespace v2 = wire::v2;

/// What is said again and again.
struct Flood {
  const char* name;
  bool joins;  ///< as a client of version 2, else of version 1
  ipc::Transfer (*say)(Actor&, const RawClient&, std::uint64_t turn);
};

ipc::Transfer control(const RawClient& client, v1::Request request, std::uint64_t serial) {
  const v1::Control control{static_cast<std::uint32_t>(request), 0,
                            static_cast<std::int64_t>(serial)};
  return client.send(&control, sizeof control);
}

constexpr std::array kFloods{
    Flood{"locks", false,
          [](Actor&, const RawClient& c, std::uint64_t turn) {
            return control(c, v1::Request::try_lock, turn);
          }},
    Flood{"unlocks", false,
          [](Actor&, const RawClient& c, std::uint64_t turn) {
            return control(c, v1::Request::unlock, turn);
          }},
    Flood{"requests that there are not", false,
          [](Actor& a, const RawClient& c, std::uint64_t) {
            return control(c, static_cast<v1::Request>(a.random()), 1);
          }},
    Flood{"empty packets", false,
          [](Actor&, const RawClient& c, std::uint64_t) { return c.send("", 0); }},
    Flood{"HELLO", true, [](Actor&, const RawClient& c, std::uint64_t) { return c.say_hello(); }},
    Flood{"READY", true,
          [](Actor&, const RawClient& c, std::uint64_t) { return c.say(v2::MessageType::ready); }},
    Flood{"WANT", true,
          [](Actor&, const RawClient& c, std::uint64_t turn) {
            return c.say(v2::MessageType::want, turn);
          }},
    Flood{"RELEASED", true,
          [](Actor&, const RawClient& c, std::uint64_t turn) {
            return c.say(v2::MessageType::released, turn);
          }},
    Flood{"BELL", true,
          [](Actor&, const RawClient& c, std::uint64_t) { return c.say(v2::MessageType::bell); }},
    Flood{"random bytes", true,
          [](Actor& a, const RawClient& c, std::uint64_t) {
            std::array<std::uint64_t, 12> words{};
            for (auto& word : words) word = a.random();
            return c.send(words.data(), 16 + below(a.random, 80));
          }},
};

int flood(Actor& actor, const Flood& what, std::size_t connections) {
  std::vector<RawClient> clients;
  while (!actor.finished()) {
    while (clients.size() < connections) {
      auto client = RawClient::connect(actor.path());
      if (!client) break;
      if (what.joins && client->say_hello() == ipc::Transfer::done && client->upgrade()) {
        (void)client->say(v2::MessageType::ready);
      }
      clients.push_back(std::move(*client));
    }
    for (std::size_t i = 0; i < clients.size();) {
      ipc::Transfer sent = ipc::Transfer::done;
      for (std::uint64_t turn = 0; turn < 300 && sent == ipc::Transfer::done; ++turn) {
        sent = what.say(actor, clients[i], turn);
      }
      count(actor.self.acts);
      const bool gone = sent == ipc::Transfer::closed;
      if (gone) clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
      if (!gone) ++i;
    }
    breathe(actor, 200, 2'000);  // of what a client may burn of the machine this is not about
  }
  return kDone;
}

enum class Going { at_once, after_hello, never };

int storm_in(Actor& actor, Going going) {
  std::vector<RawClient> kept;
  constexpr std::size_t kMost = 400;
  while (!actor.finished()) {
    for (int burst = 0; burst < 50; ++burst) {
      auto client = RawClient::connect(actor.path());
      if (!client) break;
      count(actor.self.acts);
      if (going != Going::at_once) (void)client->say_hello();
      if (going == Going::never && kept.size() < kMost) kept.push_back(std::move(*client));
    }
    breathe(actor, 200, 2'000);
  }
  return kDone;
}

/// What is written into the ledger, which the host reads.
struct Lie {
  const char* name;
  void (*write)(Actor&, RawClient&);
};

void set_words(RawClient& client, std::uint64_t value) {
  for (auto& word : client.ledger().lease) word.store(value, std::memory_order_seq_cst);
}

constexpr std::array kLies{
    Lie{"all words the same frame",
        [](Actor&, RawClient& c) {
          const auto newest = c.board().newest.load(std::memory_order_acquire);
          set_words(c,
                    c.board().ring[newest & (v2::kRingSize - 1)].load(std::memory_order_acquire));
        }},
    Lie{"frames of the future", [](Actor&, RawClient& c) { set_words(c, UINT64_MAX << 16); }},
    Lie{"slots that there are not", [](Actor&, RawClient& c) { set_words(c, 0xffff | 1U << 16); }},
    Lie{"words that come and go",
        [](Actor& a, RawClient& c) { set_words(c, below(a.random, 2) == 0 ? 0 : a.random()); }},
    Lie{"random bytes all over",
        [](Actor& a, RawClient& c) {
          auto* words = reinterpret_cast<std::uint64_t*>(c.ledger_bytes());
          for (std::size_t i = 0; i < sizeof(v2::Ledger) / sizeof *words; ++i) {
            std::atomic_ref(words[i]).store(a.random(), kRelaxed);
          }
        }},
    Lie{"its pages removed",
        [](Actor&, RawClient& c) {
          (void)::madvise(c.ledger_bytes(), v2::kPageBytes, MADV_REMOVE);
        }},
    Lie{"its file cut",
        [](Actor&, RawClient& c) { (void)!::ftruncate(c.welcome_fds[2].get(), 0); }},
};

int lie(Actor& actor, const Lie& what) {
  while (!actor.finished()) {
    auto client = joined(actor);
    while (client && !client->ended() && !actor.finished()) {
      count(actor.self.acts);
      what.write(actor, *client);
      breathe(actor, 50, 2'000);
    }
  }
  return kDone;
}

}  // namespace

void add_floods(std::vector<Attack>& all) {
  for (const Flood& what : kFloods) {
    for (const std::size_t connections : {1U, 40U}) {
      all.push_back({std::string("flood of ") + what.name + " over " + std::to_string(connections) +
                         (connections == 1 ? " connection" : " connections"),
                     [&what, connections](Actor& a) { return flood(a, what, connections); }});
    }
  }
  all.push_back({"connects and leaves", [](Actor& a) { return storm_in(a, Going::at_once); }});
  all.push_back(
      {"says HELLO and leaves", [](Actor& a) { return storm_in(a, Going::after_hello); }});
  all.push_back(
      {"400 connections that never read", [](Actor& a) { return storm_in(a, Going::never); }});
  for (const Lie& what : kLies) {
    all.push_back(
        {std::string("ledger: ") + what.name, [&what](Actor& a) { return lie(a, what); }});
  }
}

}  // namespace vsl::storm
