// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "file_losses.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "media/components.hpp"

namespace vsl::command {
namespace {

std::string tracks(unsigned count) {
  return std::to_string(count) + (count == 1 ? " track)" : " tracks)");
}

std::string sampling(int shift_x, int shift_y) {
  if (shift_x == 0) return shift_y == 0 ? "4:4:4" : "4:4:0";
  if (shift_x == 1) return shift_y == 0 ? "4:2:2" : "4:2:0";
  return shift_y == 0 ? "4:1:1" : "4:1:0";
}

std::optional<std::string> lost_chroma(const avformat::VideoStream& video, Fourcc format,
                                       const Components& components) {
  const bool has_chroma = components.model == ColorModel::yuv;
  const bool finer = (video.chroma_shift_x >= 0 && video.chroma_shift_x < components.shift_x) ||
                     (video.chroma_shift_y >= 0 && video.chroma_shift_y < components.shift_y);
  if (!has_chroma || !finer) return {};
  return "its colours are sampled " + sampling(video.chroma_shift_x, video.chroma_shift_y) +
         ", and frames in " + format.to_string() + " have " +
         sampling(components.shift_x, components.shift_y) + ": fine coloured lines are softened";
}

}  // namespace

std::vector<std::string> lost_beside(const avformat::VideoStream& video) {
  std::vector<std::string> losses;
  if (video.rotation_degrees != 0) {
    losses.push_back("the file asks players to turn it " + std::to_string(video.rotation_degrees) +
                     " degrees clockwise, which is not written");
  }
  if (video.audio_tracks > 0) {
    losses.push_back("its sound (" + tracks(video.audio_tracks) + " is left out");
  }
  if (video.subtitle_tracks > 0) {
    losses.push_back("its subtitles (" + tracks(video.subtitle_tracks) + " are left out");
  }
  return losses;
}

std::vector<std::string> losses_of(const avformat::VideoStream& video, Fourcc format) {
  std::vector<std::string> losses;
  if (video.pixel.width != video.pixel.height) {
    losses.push_back("its pixels are not square (" + std::to_string(video.pixel.width) + ":" +
                     std::to_string(video.pixel.height) + "), which is not written");
  }
  const std::vector<std::string> beside = lost_beside(video);
  losses.insert(losses.end(), beside.begin(), beside.end());
  const Components* components = find_components(format);
  if (components == nullptr) return losses;
  if (video.bit_depth > components->bits) {
    losses.push_back("it has " + std::to_string(video.bit_depth) +
                     " bits a sample, and frames in " + format.to_string() + " have " +
                     std::to_string(components->bits) + "; --format P010 keeps 10");
  }
  if (const auto chroma = lost_chroma(video, format, *components)) losses.push_back(*chroma);
  return losses;
}

void RateCheck::take(std::optional<std::int64_t> pts_ns) {
  const std::uint64_t index = pictures_++;
  if (!pts_ns) return;
  // A file may begin anywhere: the first picture is when it should be.
  if (!first_ns_) first_ns_ = *pts_ns - rate_.due_ns(index);
  latest_ns_ = *pts_ns - *first_ns_;
  furthest_ns_ = std::max<std::int64_t>(furthest_ns_, std::abs(latest_ns_ - rate_.due_ns(index)));
}

std::optional<std::string> RateCheck::loss() const {
  // Stamps are rounded, those of Matroska to a millisecond; a picture that is late by half of its
  // time is shown with another.
  if (furthest_ns_ <= rate_.due_ns(1) / 2) return {};
  char text[200];
  std::snprintf(text, sizeof text,
                "its pictures come at no single rate, and a file of raw ones has one: at %.6g "
                "pictures a second some are shown up to %.3f s from their time",
                static_cast<double>(rate_.numerator) / rate_.denominator,
                static_cast<double>(furthest_ns_) / 1e9);
  return text;
}

}  // namespace vsl::command
