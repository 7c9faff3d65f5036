// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "fault_counter.hpp"
#include "frame_log.hpp"
#include "reporter.hpp"
#include "source.hpp"
#include "stream_settings.hpp"
#include "videostream/host.hpp"

namespace vsl::command {

/// The loop of `stream`: from a source to a host. Thread-confined; the arguments outlive it.
class Streamer {
 public:
  /// `log` may be null.
  Streamer(const Globals& globals, const StreamArguments& arguments, Source& source, Host& host,
           FrameLog* log);

  /// Until the source or the frame limit ends, or a stop is asked for. Returns the exit code; a
  /// failure has been reported.
  int run(const StopSignal& stop);

 private:
  bool limit_reached() const {
    return arguments_.frames != 0 && reporter_.frames() >= arguments_.frames;
  }
  Result<void> publish(Frame frame);
  void greet_clients();
  void count_losses();
  void finish();
  int report_damage() const;
  void add_counters(nlohmann::ordered_json& record, Record kind);

  const Globals& globals_;
  const StreamArguments& arguments_;
  Source& source_;
  Host& host_;
  FrameLog* log_;
  FaultCounter faults_;
  Reporter reporter_;
  SourceStats seen_;  // of the source when losses were counted last
  std::int64_t next_warning_ns_ = 0;
  std::uint64_t admitted_ = 0;    // clients, when we looked last
  bool somebody_joined_ = false;  // and has not been given a key frame
  std::int64_t next_key_ns_ = 0;
};

}  // namespace vsl::command
