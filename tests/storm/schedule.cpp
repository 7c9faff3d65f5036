// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "schedule.hpp"

#include <algorithm>
#include <array>

namespace vsl::storm {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// Adds `per_second` of a kind at random instants.
template <class Make>
void add(std::vector<Action>& actions, Random& random, const ScheduleOptions& options,
         double per_second, const Make& make) {
  const double seconds = static_cast<double>(options.length_ns) / 1e9;
  const auto count = static_cast<std::uint64_t>(seconds * per_second);
  for (std::uint64_t i = 0; i < count; ++i) {
    Action action = make();
    action.at_ns = between(random, 0, options.length_ns);
    actions.push_back(action);
  }
}

}  // namespace

Random random_of(std::uint64_t seed, std::uint32_t slot, std::uint32_t generation) {
  std::seed_seq mixed{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                      slot, generation};
  return Random(mixed);
}

std::vector<Action> make_schedule(const ScheduleOptions& options) {
  std::vector<Action> actions;
  Random random =
      random_of(options.seed, 0xffff'ffff, static_cast<std::uint32_t>(options.length_ns));
  const auto victim = [&] {
    return options.first_slot +
           static_cast<std::uint32_t>(below(random, options.slots - options.first_slot));
  };
  if (options.slots > options.first_slot) {
    add(actions, random, options, options.kills_per_s, [&] {
      return Action{0, Action::Kind::kill_client, victim(), 0};
    });
    add(actions, random, options, options.stops_per_s, [&] {
      return Action{0, Action::Kind::stop_client, victim(), between(random, 10 * kMs, 600 * kMs)};
    });
  }
  std::uint32_t ends = 0;
  add(actions, random, options, options.host_ends_per_s, [&] {
    const bool politely = below(random, 3) == 0;
    // One in four long enough to see what waiting costs.
    const std::int64_t down_ns = ends++ % 4 == 0 ? 700 * kMs : between(random, 0, 60 * kMs);
    return Action{0, politely ? Action::Kind::close_host : Action::Kind::kill_host, 0, down_ns};
  });
  std::stable_sort(actions.begin(), actions.end(),
                   [](const Action& a, const Action& b) { return a.at_ns < b.at_ns; });
  return actions;
}

Role healthy_role(std::uint32_t slot, const Cast& cast) {
  static constexpr std::array<Role, 5> kBoth = {Role::newest, Role::in_order, Role::v1_reader,
                                                Role::c_reader, Role::poller};
  if (!cast.v2) return Role::v1_reader;
  const Role role = kBoth.at(slot % kBoth.size());
  return role == Role::v1_reader && !cast.v1 ? Role::newest : role;
}

Role odd_role(std::uint64_t seed, std::uint32_t slot, std::uint32_t generation, const Cast& cast) {
  Random random = random_of(seed ^ 0x726f6c65, slot, generation);
  // Every third is an honest reader, to be killed while it reads.
  if (below(random, 3) == 0) return healthy_role(static_cast<std::uint32_t>(random()), cast);
  static constexpr std::array<Role, 4> kV1 = {Role::v1_slow, Role::flooder, Role::breaker,
                                              Role::connector};
  if (!cast.v2) return kV1.at(below(random, kV1.size()));
  const auto first = static_cast<std::uint64_t>(kFirstOdd);
  const auto count = static_cast<std::uint64_t>(kLastOdd) - first + 1;
  const auto role = static_cast<Role>(first + below(random, count));
  return role == Role::v1_slow && !cast.v1 ? Role::slow : role;
}

}  // namespace vsl::storm
