// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "stamp.hpp"
#include "videostream/client.hpp"

namespace vsl::command {

/// What was found about received frames. Bad is what the bus must never do: torn and stale.
struct Verdicts {
  std::uint64_t verified = 0;            ///< whole, and not older than the one before
  std::uint64_t torn = 0;                ///< pixels that are not those of the stamp
  std::uint64_t stale = 0;               ///< another frame's stamp, or older than the one before
  std::uint64_t repeated_sequences = 0;  ///< of the verified: the source's number came twice
  std::uint64_t taken_back = 0;          ///< the host ended the lease while we read, and said so
  std::uint64_t unverifiable = 0;  ///< no stamp: not from `videostream stream`, or not mappable

  std::uint64_t bad() const { return torn + stale; }
  void add_to(nlohmann::ordered_json& record) const;
  std::string to_line() const;
};

/// Proves frames of `videostream stream` whole, in order and what they say they are.
class Verifier {
 public:
  /// `host_life` differs between the lives of the host: order starts anew then.
  void check(const Lease& lease, const FrameInfo& info, std::uint64_t host_life);
  const Verdicts& verdicts() const { return verdicts_; }

 private:
  enum class Verdict { verified, torn, stale, unverifiable };
  Verdict judge(const Lease& lease, const FrameInfo& info);
  bool in_order(const FrameInfo& info, std::uint64_t host_life);
  bool bears_own_stamp(const FrameInfo& info) const;
  bool is_older(const FrameInfo& info) const;

  Verdicts verdicts_;
  std::uint64_t host_life_ = 0, last_serial_ = 0;
  Stamp stamp_, last_stamp_;  // of the frame being judged, and of the one before
};

}  // namespace vsl::command
