// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "verifier.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace vsl::command {

void Verdicts::add_to(nlohmann::ordered_json& record) const {
  record["verified_frames"] = verified;
  record["bad_frames"] = bad();
  record["torn_frames"] = torn;
  record["stale_frames"] = stale;
  record["repeated_sequences"] = repeated_sequences;
  record["taken_back"] = taken_back;
  record["unverifiable_frames"] = unverifiable;
}

std::string Verdicts::to_line() const {
  return "Verified: " + std::to_string(verified) + " frames whole, " + std::to_string(bad()) +
         " bad (" + std::to_string(torn) + " torn, " + std::to_string(stale) + " stale), " +
         std::to_string(taken_back) + " taken back while read, " + std::to_string(unverifiable) +
         " without a stamp" +
         (repeated_sequences == 0 ? ""
                                  : ", " + std::to_string(repeated_sequences) +
                                        " with a number their source gave twice");
}

Verifier::Verdict Verifier::judge(const Lease& lease, const FrameInfo& info) {
  PlaneBytes planes;
  for (std::size_t i = 0; i < info.layout.plane_count; ++i) planes[i] = lease.plane(i);
  const std::string blob = lease.blob();
  const auto beside = read_stamp(std::as_bytes(std::span(blob)));
  const auto inside = read_stamp(planes[0]);
  if (beside) {
    stamp_ = *beside;
  } else if (inside && inside->magic == Stamp::kInPixels) {
    stamp_ = *inside;  // a wire v1 connection carries no blob
  } else {
    return Verdict::unverifiable;
  }
  if (planes[0].empty()) return Verdict::unverifiable;
  const bool in_pixels = stamp_.magic == Stamp::kInPixels;
  if (in_pixels && inside != std::optional(stamp_)) return Verdict::torn;
  const std::uint64_t sum = checksum_planes(planes, in_pixels ? sizeof(Stamp) : 0);
  return sum == stamp_.checksum ? Verdict::verified : Verdict::torn;
}

bool Verifier::bears_own_stamp(const FrameInfo& info) const {
  // Wire v1 carries neither the source's count nor its time: 0.
  const bool number = info.source_sequence == 0 || info.source_sequence == stamp_.sequence;
  const std::int64_t captured_ns = info.times.captured_ns;
  return number && (captured_ns == 0 || captured_ns == stamp_.captured_ns);
}

// Drivers repeat numbers, and begin anew: time decides where it is known and never set back. The
// test pattern's own count does neither.
bool Verifier::is_older(const FrameInfo& info) const {
  if (stamp_.magic == Stamp::kInPixels) return stamp_.sequence <= last_stamp_.sequence;
  const bool monotonic = (info.clocks & 1) == 0;
  const bool timed = monotonic && stamp_.captured_ns != 0 && last_stamp_.captured_ns != 0;
  return timed ? stamp_.captured_ns < last_stamp_.captured_ns
               : stamp_.sequence < last_stamp_.sequence;
}

bool Verifier::in_order(const FrameInfo& info, std::uint64_t host_life) {
  const bool first = host_life != host_life_;
  const bool older = !first && (info.serial <= last_serial_ || is_older(info));
  const bool good = bears_own_stamp(info) && !older;
  if (good && !first && stamp_.sequence == last_stamp_.sequence) ++verdicts_.repeated_sequences;
  host_life_ = host_life;
  last_stamp_ = stamp_;
  last_serial_ = info.serial;
  return good;
}

void Verifier::check(const Lease& lease, const FrameInfo& info, std::uint64_t host_life) {
  Verdict verdict = judge(lease, info);
  // Asked after the last pixel was read: what was read of a frame taken back proves nothing.
  if (!lease.valid()) {
    ++verdicts_.taken_back;
    return;
  }
  if (verdict == Verdict::verified && !in_order(info, host_life)) verdict = Verdict::stale;
  switch (verdict) {
    case Verdict::verified:
      ++verdicts_.verified;
      break;
    case Verdict::torn:
      ++verdicts_.torn;
      break;
    case Verdict::stale:
      ++verdicts_.stale;
      break;
    case Verdict::unverifiable:
      ++verdicts_.unverifiable;
      break;
  }
}

}  // namespace vsl::command
