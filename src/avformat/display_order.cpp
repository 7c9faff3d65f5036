// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/display_order.hpp"

#include <algorithm>
#include <numeric>

namespace vsl::avformat {
namespace {

/// Ranks the pictures from `begin` to `end`, between which order counts can be compared.
void rank(const std::vector<PicturePlace>& places, std::size_t begin, std::size_t end,
          std::vector<std::int64_t>& shown) {
  std::vector<std::size_t> sorted(end - begin);
  std::iota(sorted.begin(), sorted.end(), begin);
  const auto earlier = [&](std::size_t a, std::size_t b) {
    return places[a].order < places[b].order;
  };
  std::stable_sort(sorted.begin(), sorted.end(), earlier);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    shown[sorted[i]] = static_cast<std::int64_t>(begin + i);
  }
}

}  // namespace

DisplayOrder::DisplayOrder(VideoCodec codec) {
  if (codec == VideoCodec::hevc) counter_.emplace<hevc::OrderCounter>();
}

void DisplayOrder::add(std::span<const std::byte> access_unit, bool has_picture) {
  const PicturePlace place =
      std::visit([&](auto& counter) { return counter.see(access_unit); }, counter_);
  if (has_picture) places_.push_back(place);
}

DisplayOrder::Times DisplayOrder::finish() const {
  Times times;
  times.shown.resize(places_.size());
  for (std::size_t begin = 0; begin < places_.size();) {
    std::size_t end = begin + 1;
    while (end < places_.size() && !places_[end].begins_again) ++end;
    rank(places_, begin, end, times.shown);
    begin = end;
  }
  // Time begins with the first picture there is to see.
  std::size_t leading = 0;
  while (leading + 1 < places_.size() && places_[leading + 1].leading) ++leading;
  for (std::int64_t& shown : times.shown) shown -= static_cast<std::int64_t>(leading);
  for (std::size_t i = 0; i < times.shown.size(); ++i) {
    times.delay = std::max(times.delay, static_cast<std::int64_t>(i) - times.shown[i]);
  }
  return times;
}

}  // namespace vsl::avformat
