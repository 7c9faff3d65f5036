// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "control_page.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

namespace vsl::bench {

/// The host under test and the pool it publishes from.
class HostSide {
 public:
  static Result<HostSide> open(const Settings& settings);

  /// The next frame, ours to write; waits for a buffer when readers hold them all.
  Result<Frame> acquire();
  /// Touches the pixels if the run does, then publishes; returns the time from stamp to return.
  Result<std::int64_t> publish(const ControlPage& page, Frame frame);
  /// Answers clients for up to a millisecond; a signal only shortens it.
  Result<void> serve();
  /// The serial the next frame will get.
  std::uint64_t next_serial() const { return next_serial_; }
  /// Acquires that found no buffer.
  std::uint64_t starved() const { return starved_; }
  Host& host() { return host_; }

 private:
  HostSide(Host host, Pool pool) : host_(std::move(host)), pool_(std::move(pool)) {}
  Host host_;
  Pool pool_;
  std::uint64_t next_serial_ = 1;
  std::uint64_t starved_ = 0;
};

/// A free abstract socket name, so that a killed benchmark leaves no file.
std::string bench_socket();

}  // namespace vsl::bench
