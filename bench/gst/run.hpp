// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <map>
#include <string>

#include "transports.hpp"
#include "videostream/result.hpp"

namespace vsl::gst_bench {

struct RunOptions {
  Picture picture;
  double seconds = 5;
  int clients = 1;
  bool freeze = false;  ///< stop one of the clients, and look at the others
};

/// By name, as they are printed.
using Figures = std::map<std::string, double>;

/// One producer and its consumers, each a process. Errors: a process that did not start or that
/// ended by itself; it has said why.
Result<Figures> run(const Transport& transport, const RunOptions& options);

}  // namespace vsl::gst_bench
