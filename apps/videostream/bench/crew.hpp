// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "control_page.hpp"
#include "processes.hpp"

namespace vsl::bench {

/// The clients of one run, and the page on which they are told what to do.
class Crew {
 public:
  /// Whatever the host has to do meanwhile; called again and again, returns within milliseconds.
  using Serve = std::function<Result<void>()>;

  Crew(ControlPage page, Serve serve) : page_(std::move(page)), serve_(std::move(serve)) {}

  /// Starts the clients that the settings ask for; returns when all are connected.
  Result<void> start();
  /// All clients go on to this phase.
  void begin(PhaseKind kind, std::uint32_t warmup, std::uint64_t first, std::uint64_t last);
  /// Until so many have counted themselves. Errors: timed_out; that of a client that ended.
  Result<void> wait_for(const std::atomic<std::uint32_t>& counter, std::uint32_t target);
  Result<void> all_ready() { return wait_for(page_->ready, page_->settings.clients); }
  Result<void> all_finished() { return wait_for(page_->finished, page_->settings.clients); }
  /// Sends them home.
  void quit();

  ControlPage& page() { return page_; }
  const ControlPage& page() const { return page_; }

 private:
  ControlPage page_;
  Serve serve_;
  Processes processes_;  // destroyed first: nobody uses the page any more
};

}  // namespace vsl::bench
