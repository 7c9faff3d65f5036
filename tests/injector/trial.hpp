// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "run.hpp"

namespace vsl::injector {

/// How one run with one fault ended.
struct Outcome {
  bool reached = false;    ///< whether the fault was met
  std::string violations;  ///< empty: every invariant held
  std::uint64_t counts[kCallCount] = {};
};

/// Runs the scenario in this process, and looks for what it left behind.
Outcome run_here(const Scenario& scenario, const Plan& plan);
/// The same in a child, which may crash or hang.
Outcome run_apart(const Scenario& scenario, const Plan& plan);

}  // namespace vsl::injector
