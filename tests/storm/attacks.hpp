// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "raw_client.hpp"
#include "roles.hpp"

/// One misdeed at a time, beside an honest producer and honest readers.
namespace vsl::storm {

struct Attack {
  std::string name;
  /// Until it is killed, or the storm is over. An exit code: kGaveUp when it cannot be tried here.
  std::function<int(Actor&)> body;
  bool as_host_user = false;  ///< by a process of the host's own user, else by a stranger
  bool takes_frames = false;  ///< holds what it can get: others may lose frames to it
};

/// All there are, always in the same order.
const std::vector<Attack>& attacks();

void add_steps(std::vector<Attack>& all);
void add_descriptors(std::vector<Attack>& all);
void add_memory(std::vector<Attack>& all);
void add_floods(std::vector<Attack>& all);
void add_holders(std::vector<Attack>& all);

int run_attacker(Actor& actor);

/// With its hands as they are until it is killed.
int stay(const Actor& actor);
/// Joined and ready, with its buffers received; nothing when it does not get in within a second.
std::optional<RawClient> joined(Actor& actor);

}  // namespace vsl::storm
