// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "avformat/demuxer.hpp"
#include "values.hpp"
#include "videostream/fourcc.hpp"

/// Words for what of a file its pictures alone do not carry: every command that loses something
/// says so with these, a sentence each.
namespace vsl::command {

/// Advice behind them, where a file is written.
inline constexpr const char* kCopyingKeepsIt =
    "copying keeps what is lost here: ffmpeg -i FILE -c copy OUTPUT";

/// What is lost of a file's video in frames of `format`; what is lost_beside() first.
std::vector<std::string> losses_of(const avformat::VideoStream& video, Fourcc format);

/// What files of raw pictures, and raw streams, lose: rotation, sound, subtitles.
std::vector<std::string> lost_beside(const avformat::VideoStream& video);

/// Notices pictures that do not come at one rate, for files that can say no other.
class RateCheck {
 public:
  explicit RateCheck(FrameRate rate) : rate_(rate) {}
  void take(std::optional<std::int64_t> pts_ns);
  /// Nothing when all came when they are due.
  std::optional<std::string> loss() const;

 private:
  FrameRate rate_;
  std::uint64_t pictures_ = 0;
  std::optional<std::int64_t> first_ns_;
  std::int64_t latest_ns_ = 0;    // of the last picture, from the first
  std::int64_t furthest_ns_ = 0;  // from when it was due at that rate
};

}  // namespace vsl::command
