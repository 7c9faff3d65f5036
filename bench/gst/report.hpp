// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run.hpp"

namespace vsl::gst_bench {

struct Plan {
  int runs = 1;
  RunOptions options;  ///< clients and freeze are those of each scenario
};

struct Measured {
  const Transport* transport = nullptr;
  std::vector<Figures> runs;
  std::string failed;  ///< why there are no figures; empty: there are
  double median(const std::string& figure) const;
};

struct Scenario {
  std::string name;
  int clients = 1;
  bool freeze = false;
  std::vector<Measured> measured;  ///< ours first
};

struct Report {
  Plan plan;
  std::vector<std::string> missing;  ///< transports that are not installed
  std::vector<Scenario> scenarios;
};

/// Every scenario with every transport, by turns, as often as planned. Errors: of ours; a peer that
/// fails is reported among the figures.
Result<Report> measure_all(const Plan& plan);

nlohmann::json json_of(const Report& report);
std::string table_of(const Report& report);

}  // namespace vsl::gst_bench
