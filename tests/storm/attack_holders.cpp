// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <deque>

#include "attacks.hpp"
#include "wire/v1.hpp"

/// Who takes all the frames it can get, and keeps them; who meddles with how others are woken.
namespace vsl::storm {
namespace {

namespace v1 = wire::v1;
namespace v2 = wire::v2;

/// Keeps every frame of the last so many in the words of its ledger.
void hoard(RawClient& client, std::uint64_t& seen) {
  const std::uint64_t newest = client.board().newest.load(std::memory_order_acquire);
  for (; seen < newest; ++seen) {
    const std::uint64_t word =
        client.board().ring[(seen + 1) & (v2::kRingSize - 1)].load(std::memory_order_acquire);
    auto& lease = client.ledger().lease;
    lease[seen % std::size(lease)].store(word, std::memory_order_seq_cst);
  }
}

int hoard_by_version_2(Actor& actor, std::size_t connections) {
  struct Hand {
    RawClient client;
    std::uint64_t seen = 0;
  };
  std::deque<Hand> hands;
  while (!actor.finished()) {
    if (hands.size() < connections) {
      if (auto client = joined(actor)) hands.push_back({std::move(*client)});
    }
    for (Hand& hand : hands) hoard(hand.client, hand.seen);
    if (!hands.empty()) count(actor.self.acts);
    std::erase_if(hands, [](const Hand& hand) { return hand.client.ended(); });
    breathe(actor, 500, 1'500);
  }
  return kDone;
}

int hoard_by_version_1(Actor& actor, std::size_t connections) {
  std::vector<RawClient> clients;
  ipc::Packet packet;
  while (!actor.finished()) {
    while (clients.size() < connections) {
      auto client = RawClient::connect(actor.path());
      if (!client) break;
      clients.push_back(std::move(*client));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ipc::Transfer received = ipc::Transfer::done;
      while ((received = ipc::receive_packet(clients[i].fd(), packet)) == ipc::Transfer::done) {
        const v1::Event event = v1::parse_event(packet.bytes());
        const v1::Control lock{static_cast<std::uint32_t>(v1::Request::try_lock), 0, event.serial};
        if (event.serial > 0) (void)clients[i].send(&lock, sizeof lock);
        count(actor.self.acts);
      }
      if (received == ipc::Transfer::closed) {
        clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      }
    }
    breathe(actor, 500, 1'500);
  }
  return kDone;
}

}  // namespace

void add_holders(std::vector<Attack>& all) {
  for (const std::size_t connections : {1U, 2U, 4U, 8U}) {
    const std::string over = " over " + std::to_string(connections) +
                             (connections == 1 ? " connection" : " connections");
    all.push_back({"keeps every frame" + over,
                   [connections](Actor& a) { return hoard_by_version_2(a, connections); }, false,
                   connections > 1});
    all.push_back({"keeps every frame by version 1" + over,
                   [connections](Actor& a) { return hoard_by_version_1(a, connections); }, false,
                   connections > 1});
  }
  all.push_back({"moves those who wait to a word of its own", run_thief});
  all.push_back({"arms and rings without end, as the host's user", run_ringer, true});
}

}  // namespace vsl::storm
