// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "command.hpp"
#include "connect.hpp"
#include "fault_counter.hpp"
#include "picture_decoder.hpp"
#include "reporter.hpp"
#include "values.hpp"
#include "verifier.hpp"
#include "videostream/client.hpp"

namespace vsl::command {

struct ReceiveOptions {
  std::uint64_t frames = 100;  ///< 0 = no limit
  double timeout_s = 5.0;
  bool verify = false, touch = false, decode = false;
  std::uint32_t slow_ms = 0;        ///< how long each frame is held
  std::uint32_t hold = 0;           ///< how many frames are kept
  Policy policy;                    ///< as the client was connected with
  std::optional<VideoCodec> codec;  ///< what frames to decode have to be; unset: as they say
  ReportOptions report;

  std::chrono::nanoseconds timeout() const { return timeout_from_seconds(timeout_s); }
};

/// The loop of `receive`. Thread-confined; the arguments outlive it.
class Receiver {
 public:
  Receiver(const Globals& globals, const ReceiveOptions& options, Client& client);

  /// Until the frame limit or a stop. Errors: timed_out when no frame came for the timeout; those
  /// of the connection and, by site(), of decoding.
  Result<void> run(const StopSignal& stop);
  Site site() const { return site_; }
  /// Decodes what is left to be, and prints the last record. Errors: as run().
  Result<void> finish();
  /// ", of which …": what decoding came to, with --decode.
  std::string decoded_text() const;
  std::uint64_t frames() const { return reporter_.frames(); }
  const Verdicts& verdicts() const { return verifier_.verdicts(); }

 private:
  bool limit_reached() const { return options_.frames != 0 && frames() >= options_.frames; }
  Result<std::optional<Lease>> next_lease();
  Result<void> take(Lease lease, const StopSignal& stop);
  Result<void> decode(const Lease& lease, const FrameInfo& info, bool after_gap);
  void keep(Lease lease);
  void let_oldest_go();
  bool last_chance();
  /// Frames lost before `serial` that the policy did not mean to pass over.
  std::uint64_t losses_before(std::uint64_t serial);
  bool count_losses(std::uint64_t serial);  // whether there were any
  void touch(const Lease& lease, const FrameInfo& info);
  void add_counters(nlohmann::ordered_json& record, Record kind);

  const ReceiveOptions& options_;
  Client& client_;
  Verifier verifier_;
  PictureDecoder decoder_;  // with --decode
  SerialGaps gaps_;
  FaultCounter faults_;
  Reporter reporter_;
  std::deque<Lease> held_;
  std::uint64_t missed_ = 0, lost_in_all_ = 0;
  std::uint64_t kept_taken_back_ = 0;  // found so when they were let go
  bool told_of_grant_ = false;
  std::int64_t next_warning_ns_ = 0;
  Site site_ = Site::socket;
  volatile unsigned touched_ = 0;  // keeps the reads of --touch
};

}  // namespace vsl::command
