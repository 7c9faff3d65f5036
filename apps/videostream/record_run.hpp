// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record_pipeline.hpp"

namespace vsl::command {

/// Why a recording ended early, if it did.
struct RecordFailure {
  Site site = Site::file;
  Error error;
};

/// The loop of `record`. Thread-confined; the arguments outlive it.
class RecordRun {
 public:
  RecordRun(const Globals& globals, const RecordArguments& arguments,
            const RecordSettings& settings, avformat::Recorder recorder, FrameRate rate);

  /// Until the source or a limit ends, or a stop is asked for. Returns the exit code; a failure has
  /// been reported. The files are whole then.
  int run(Source& source, const StopSignal& stop);
  int run(Client& client, const StopSignal& stop);

 private:
  std::optional<RecordFailure> take_all(Source& source, const StopSignal& stop);
  std::optional<RecordFailure> take_all(Client& client, const StopSignal& stop);
  std::optional<RecordFailure> take(Client& client, const Lease& lease);
  int end(std::optional<RecordFailure> failure, const StopSignal& stop);
  void say_what_was_recorded() const;
  void add_counters(nlohmann::ordered_json& record, Record kind) const;

  const Globals& globals_;
  const RecordArguments& arguments_;
  const RecordSettings& settings_;
  FrameRate rate_;
  Reporter reporter_;
  RecordPipeline pipeline_;
  SerialGaps gaps_;
  std::uint64_t life_ = 0;  // of the host that the last frame came from
  std::uint64_t lost_in_source_ = 0;
  std::vector<std::string> losses_;  // of the video in a file
  std::int64_t start_ns_;
  const RecordFailure* failure_ = nullptr;  // while the last record is printed
};

}  // namespace vsl::command
