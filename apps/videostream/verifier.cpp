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
  record["taken_back"] = taken_back;
  record["unverifiable_frames"] = unverifiable;
}

std::string Verdicts::to_line() const {
  return "Verified: " + std::to_string(verified) + " frames whole, " + std::to_string(bad()) +
         " bad (" + std::to_string(torn) + " torn, " + std::to_string(stale) + " stale), " +
         std::to_string(taken_back) + " taken back while read, " + std::to_string(unverifiable) +
         " without a stamp";
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

bool Verifier::in_order(const FrameInfo& info, std::uint64_t host_life) {
  // Wire v1 does not carry the source's count: 0.
  const bool own = info.source_sequence == 0 || info.source_sequence == stamp_.sequence;
  const bool newer =
      host_life != host_life_ || (stamp_.sequence > last_sequence_ && info.serial > last_serial_);
  host_life_ = host_life;
  last_sequence_ = stamp_.sequence;
  last_serial_ = info.serial;
  return own && newer;
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
