// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "values.hpp"
#include "videostream/frame.hpp"
#include "videostream/result.hpp"

namespace vsl::command {

/// What of a source could not be read or decoded.
struct Damage {
  std::uint64_t pictures = 0;  ///< packets and pictures that failed
  std::string end;             ///< why it ended before its end; empty when it did not
};

struct SourceStats {
  std::uint64_t offered = 0;  ///< pictures there were, those that never became a frame included
  std::uint64_t lost = 0;     ///< … those that did not, for any reason
  std::uint64_t starved = 0;  ///< times there was no buffer for one: readers held all
  std::uint64_t driver_dropped = 0;      ///< gaps in a driver's own count
  std::uint64_t copies = 0;              ///< pictures copied or converted on their way into a frame
  std::uint64_t repeated_sequences = 0;  ///< pictures that a driver gave the number of the last one
};

/// Where `stream` and `record` have their frames from, at the pace they come. Thread-confined.
class Source {
 public:
  virtual ~Source() = default;
  /// Waits a moment for the next frame, less when a stop is asked for. It is ready to be published.
  virtual Result<std::optional<Frame>> next_frame(const StopSignal& stop) = 0;
  /// Whether next_frame() will never have another one.
  virtual bool ended() const { return false; }
  /// For people: what it is called, and what its frames are.
  virtual std::string name() const = 0;
  virtual std::string description() const = 0;
  virtual std::uint32_t buffers() const = 0;  ///< frames there can be at a time
  virtual SourceStats stats() const = 0;
  virtual Damage damage() const = 0;
  /// What of the video its frames do not carry: a sentence each, with what keeps it.
  virtual std::vector<std::string> losses() const { return {}; }
  /// Frames a second, where it is known beforehand.
  virtual std::optional<FrameRate> rate() const = 0;
  /// Somebody joined who can begin with a key frame alone: one is wanted soon, of coded frames.
  virtual void want_key_frame() {}
  /// What a failure of next_frame() is about.
  virtual Site site() const = 0;
};

}  // namespace vsl::command
