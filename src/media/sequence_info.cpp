// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/sequence_info.hpp"

#include "media/h264_syntax.hpp"
#include "media/hevc_syntax.hpp"

namespace vsl {

std::optional<SequenceInfo> parse_sps(VideoCodec codec, std::span<const std::byte> nal) {
  if (codec == VideoCodec::hevc) {
    const auto sps = hevc::parse_sps(nal);
    return sps ? std::optional(sps->info) : std::nullopt;
  }
  const auto sps = h264::parse_sps(nal);
  return sps ? std::optional(sps->info) : std::nullopt;
}

bool says_rate(const SequenceInfo& sequence) noexcept {
  constexpr std::uint32_t kFastest = 1000;
  const std::uint32_t numerator = sequence.rate_numerator, denominator = sequence.rate_denominator;
  return numerator >= denominator && numerator / denominator <= kFastest && numerator <= INT32_MAX;
}

}  // namespace vsl
