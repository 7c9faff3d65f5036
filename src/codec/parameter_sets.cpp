// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/parameter_sets.hpp"

#include <array>

#include "media/nal.hpp"

namespace vsl::codec {
namespace {

constexpr std::array kStartCode{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};

bool is_parameter_set(NalKind kind) {
  return kind == NalKind::vps || kind == NalKind::sps || kind == NalKind::pps;
}

}  // namespace

void ParameterSets::see(Fourcc codec, std::span<const std::byte> key_unit) {
  const auto standard = video_codec_of(codec);
  if (!standard) return;  // others have none apart
  NalScanner scanner(key_unit);
  seen_.clear();
  while (const auto nal = scanner.next()) {
    const NalKind kind = nal_kind(*standard, *nal);
    if (kind == NalKind::slice || kind == NalKind::key_slice) break;
    if (!is_parameter_set(kind)) continue;
    seen_.insert(seen_.end(), kStartCode.begin(), kStartCode.end());
    seen_.insert(seen_.end(), nal->begin(), nal->end());
  }
  if (seen_.empty() || seen_ == bytes_) return;
  bytes_ = seen_;
  ++version_;
}

}  // namespace vsl::codec
