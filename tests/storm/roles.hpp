// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "account.hpp"

/// What the processes of a storm do until they are killed, or told to finish. Each returns its exit
/// code.
namespace vsl::storm {

inline constexpr int kDone = 0;
/// Could not do its part, which the storm allows only to those it mistreats.
inline constexpr int kGaveUp = 3;

/// Checks of the sanitizers need descriptors, and their allocator keeps what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

int run_host(Score& score, std::uint32_t life);
int run_reader(Actor& actor, Role role);
int run_c_reader(Actor& actor);
int run_v1_reader(Actor& actor, Role role);
int run_metronome(Actor& actor);

// Clients that use the library, oddly.
int run_slow(Actor& actor);
int run_greedy(Actor& actor);
int run_hoarder(Actor& actor);
int run_starver(Actor& actor);
int run_forker(Actor& actor);
int run_execer(Actor& actor);

// Clients of their own make.
int run_liar(Actor& actor);
int run_flooder(Actor& actor);
int run_breaker(Actor& actor);
int run_connector(Actor& actor);
int run_thief(Actor& actor);
int run_ringer(Actor& actor);
int run_attacker(Actor& actor);

}  // namespace vsl::storm
