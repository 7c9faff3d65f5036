// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "control_page.hpp"

namespace vsl::bench {

/// The least that telling a client about a frame can cost: it sleeps on a futex word, one wake goes
/// to all. What the bus takes longer than this is the bus's own.

/// The producer's side. Returns the time of storing the stamp, changing the word and waking.
std::int64_t floor_post(const ControlPage& page, std::uint64_t number);

/// A client's side: sleeps until the word is no longer `seen`, which it becomes. Returns when that
/// was known, and the memory read if the run touches it.
std::int64_t floor_wait(const ControlPage& page, std::uint64_t& seen);

}  // namespace vsl::bench
