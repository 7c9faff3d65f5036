// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Coded streams from anywhere: access units are the stream, byte for byte, however it is chunked;
// what parameter sets say stays within what the standards allow.
#include <vector>

#include "media/access_units.hpp"
#include "media/sequence_info.hpp"
#include "support/check.hpp"
#include "support/input.hpp"

namespace {

using namespace vsl;

using Bytes = std::vector<std::byte>;

struct Split {
  Bytes joined;
  std::vector<std::size_t> sizes;
  std::uint64_t skipped = 0;
  friend bool operator==(const Split&, const Split&) = default;
};

Split split(VideoCodec codec, std::span<const std::byte> stream, std::size_t chunk_bytes) {
  Split result;
  AccessUnitSplitter splitter(codec);
  const auto drain = [&] {
    while (const auto unit = splitter.next()) {
      VSL_MUST(!unit->bytes.empty() && unit->has_picture == (unit->slices > 0));
      result.joined.insert(result.joined.end(), unit->bytes.begin(), unit->bytes.end());
      result.sizes.push_back(unit->bytes.size());
    }
  };
  while (!stream.empty()) {
    const auto chunk = stream.first(std::min(chunk_bytes, stream.size()));
    VSL_MUST(splitter.push(chunk).has_value());
    drain();
    stream = stream.subspan(chunk.size());
  }
  splitter.finish();
  drain();
  result.skipped = splitter.skipped_bytes();
  return result;
}

void check_units(VideoCodec codec, std::span<const std::byte> stream, std::size_t chunk_bytes) {
  const Split whole = split(codec, stream, stream.size() + 1);
  VSL_MUST(split(codec, stream, chunk_bytes) == whole);
  if (whole.joined.empty()) return;
  VSL_MUST(whole.skipped + whole.joined.size() == stream.size());
  const auto rest = stream.subspan(whole.skipped);
  VSL_MUST(std::equal(rest.begin(), rest.end(), whole.joined.begin()));
}

void check_parameter_sets(VideoCodec codec, std::span<const std::byte> stream) {
  NalScanner nals(stream);
  while (const auto nal = nals.next()) {
    VSL_MUST(!nal->empty() && nal->back() != std::byte{0});
    const auto info = parse_sps(codec, *nal);
    if (!info) continue;
    const Rect& visible = info->visible;
    VSL_MUST(visible.x >= 0 && visible.y >= 0 && visible.width > 0 && visible.height > 0);
    VSL_MUST(static_cast<std::uint32_t>(visible.x + visible.width) <= info->coded_width_px);
    VSL_MUST(static_cast<std::uint32_t>(visible.y + visible.height) <= info->coded_height_px);
    VSL_MUST(info->rate_denominator != 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const VideoCodec codec = input.flag() ? VideoCodec::hevc : VideoCodec::h264;
  const std::size_t chunk_bytes = 1 + input.below(64);
  const auto rest = input.take_bytes(size);
  const auto stream = std::as_bytes(rest);
  check_units(codec, stream, chunk_bytes);
  check_parameter_sets(codec, stream);
  return 0;
}
