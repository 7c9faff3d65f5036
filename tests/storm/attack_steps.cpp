// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "attacks.hpp"
#include "wire/v1.hpp"

/// Clients that stop at a step of what both wire versions do, and are killed there in the end.
namespace vsl::storm {
namespace {

namespace v1 = wire::v1;
namespace v2 = wire::v2;

constexpr int kPatienceMs = 1000;

bool wait_for_packet(const RawClient& client) {
  pollfd ready{client.fd(), POLLIN, 0};
  return ::poll(&ready, 1, kPatienceMs) > 0;
}

/// The serial of a frame that the host announced to a client of version 1; 0: none came.
std::int64_t announced(const RawClient& client) {
  ipc::Packet packet;
  while (wait_for_packet(client)) {
    if (ipc::receive_packet(client.fd(), packet) != ipc::Transfer::done) break;
    const v1::Event event = v1::parse_event(packet.bytes());
    if (event.serial > 0) return event.serial;
  }
  return 0;
}

void ask(const RawClient& client, v1::Request request, std::int64_t serial) {
  const v1::Control control{static_cast<std::uint32_t>(request), 0, serial};
  (void)client.send(&control, sizeof control);
}

void lock_frames(const RawClient& client, int count) {
  for (int i = 0; i < count; ++i) ask(client, v1::Request::try_lock, announced(client));
}

/// Leases a frame as a client of version 2 does; the words 0 … count − 1.
void lease_frames(RawClient& client, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t newest = client.board().newest.load(std::memory_order_acquire);
    const std::uint64_t serial = newest > i ? newest - i : newest;
    const auto& ring = client.board().ring[serial & (v2::kRingSize - 1)];
    client.ledger().lease[i].store(ring.load(std::memory_order_acquire), std::memory_order_seq_cst);
  }
}

struct Step {
  const char* name;
  bool (*go)(Actor&, RawClient&);
};

constexpr std::array kV1Steps{
    Step{"connected", [](Actor&, RawClient&) { return true; }},
    Step{"half a message sent",
         [](Actor&, RawClient& c) { return c.send("1234567", 7) == ipc::Transfer::done; }},
    Step{"a frame received", [](Actor&, RawClient& c) { return announced(c) > 0; }},
    Step{"a lock asked for, its answer unread",
         [](Actor&, RawClient& c) {
           ask(c, v1::Request::try_lock, announced(c));
           return true;
         }},
    Step{"one frame locked",
         [](Actor&, RawClient& c) {
           lock_frames(c, 1);
           return wait_for_packet(c);
         }},
    Step{"five frames locked",
         [](Actor&, RawClient& c) {
           lock_frames(c, 5);
           return wait_for_packet(c);
         }},
    Step{"an unlock of a frame that is not locked",
         [](Actor&, RawClient& c) {
           ask(c, v1::Request::unlock, announced(c));
           return true;
         }},
    Step{"its side of the connection shut",
         [](Actor&, RawClient& c) { return ::shutdown(c.fd(), SHUT_WR) == 0; }},
    Step{"the other side shut",
         [](Actor&, RawClient& c) { return ::shutdown(c.fd(), SHUT_RD) == 0; }},
};

bool upgrade(RawClient& client) {
  return client.say_hello() == ipc::Transfer::done && client.upgrade();
}
bool join(RawClient& client) {
  return upgrade(client) && client.say(v2::MessageType::ready) == ipc::Transfer::done;
}

constexpr std::array kV2Steps{
    Step{"half of HELLO sent",
         [](Actor&, RawClient& c) {
           const auto type = static_cast<std::uint32_t>(v2::MessageType::hello);
           return c.send(&type, sizeof type) == ipc::Transfer::done;
         }},
    Step{"HELLO sent, WELCOME unread",
         [](Actor&, RawClient& c) { return c.say_hello() == ipc::Transfer::done; }},
    Step{"HELLO sent twice",
         [](Actor&, RawClient& c) {
           (void)c.say_hello();
           return c.say_hello() == ipc::Transfer::done;
         }},
    Step{"WELCOME read, READY not said", [](Actor&, RawClient& c) { return upgrade(c); }},
    Step{"READY said before HELLO",
         [](Actor&, RawClient& c) { return c.say(v2::MessageType::ready) == ipc::Transfer::done; }},
    Step{"READY said, buffers unread", [](Actor&, RawClient& c) { return join(c); }},
    Step{"READY said twice",
         [](Actor&, RawClient& c) {
           return join(c) && c.say(v2::MessageType::ready) == ipc::Transfer::done;
         }},
    Step{"one frame leased",
         [](Actor&, RawClient& c) {
           const bool in = join(c);
           if (in) lease_frames(c, 1);
           return in;
         }},
    Step{"three frames leased",
         [](Actor&, RawClient& c) {
           const bool in = join(c);
           if (in) lease_frames(c, 3);
           return in;
         }},
    Step{"a bell asked for, and never read",
         [](Actor&, RawClient& c) {
           const bool in = join(c) && c.say(v2::MessageType::bell) == ipc::Transfer::done;
           if (in) c.ledger().armed.store(1, std::memory_order_seq_cst);
           return in;
         }},
    Step{"a buffer wanted that was never there",
         [](Actor&, RawClient& c) {
           return join(c) && c.say(v2::MessageType::want, UINT64_MAX) == ipc::Transfer::done;
         }},
    Step{"a frame released that was never leased",
         [](Actor&, RawClient& c) {
           return join(c) && c.say(v2::MessageType::released, 1) == ipc::Transfer::done;
         }},
};

void add(std::vector<Attack>& all, const std::string& version, const Step& step) {
  for (const bool gone : {false, true}) {
    const auto body = [go = step.go, gone](Actor& actor) {
      for (int tries = 0; !actor.finished(); ++tries) {
        auto client = RawClient::connect(actor.path());
        const bool there = client && go(actor, *client);
        if (there) count(actor.self.acts);
        if (there && !gone) return stay(actor);
        constexpr int kMost = 50;
        if (!there && actor.self.acts.load(kRelaxed) == 0 && tries > kMost) return kGaveUp;
        breathe(actor, 1'000, 10'000);  // who comes too often is let in less
      }
      return kDone;
    };
    all.push_back({version + (gone ? ", gone: " : ", frozen: ") + step.name, body});
  }
}

}  // namespace

void add_steps(std::vector<Attack>& all) {
  for (const Step& step : kV1Steps) add(all, "version 1", step);
  for (const Step& step : kV2Steps) add(all, "version 2", step);
}

}  // namespace vsl::storm
