// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "attacks.hpp"

#include <unistd.h>

namespace vsl::storm {

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> all = [] {
    std::vector<Attack> list;
    add_steps(list);
    add_descriptors(list);
    add_memory(list);
    add_floods(list);
    add_holders(list);
    return list;
  }();
  return all;
}

int run_attacker(Actor& actor) {
  const auto& all = attacks();
  const std::uint32_t index = actor.score.settings.attack;
  return index < all.size() ? all[index].body(actor) : kGaveUp;
}

int stay(const Actor& actor) {
  while (!actor.finished()) ::usleep(10'000);
  return kDone;
}

std::optional<RawClient> joined(Actor& actor) {
  auto client = upgraded(actor);
  if (!client || client->say(wire::v2::MessageType::ready) != ipc::Transfer::done) return {};
  return client;
}

}  // namespace vsl::storm
