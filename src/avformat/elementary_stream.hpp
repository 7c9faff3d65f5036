// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "media/nal.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

/// Pictures a second; numerator 0 = as the stream says, else 30.
struct PictureRate {
  std::uint32_t numerator = 0, denominator = 1;
};

/// What a conversion made.
struct Converted {
  VideoCodec codec = VideoCodec::h264;
  std::uint32_t width_px = 0, height_px = 0;
  PictureRate rate;
  std::uint64_t frames = 0, key_frames = 0;
  std::uint64_t left_out = 0;      ///< pictures before the first parameter sets
  std::uint64_t size_changes = 0;  ///< of a raw stream: an MP4 file says the first one alone
  std::uint64_t damaged = 0;       ///< samples that are not whole, left out
  std::string cut_off;             ///< why an MP4 file ends before its end; empty = it does not
  std::int64_t duration_ms = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

/// Told how many of how many bytes are done; false ends the conversion with operation_canceled.
using Progress = std::function<bool(std::uint64_t done, std::uint64_t all)>;

/// Whether a file is an MP4 or QuickTime file by what it begins with. Errors: errno of opening it.
Result<bool> is_mp4(const std::string& path);
/// Whether they are the first bytes of such a file.
bool is_mp4(std::span<const std::byte> head);

/// Puts an elementary stream into an MP4 file, each picture a sample, timed in display order.
/// `output` is written beside its name and takes it at the end.
/// Errors: errno of the files; not_supported (no parameter sets, no pictures: says which).
Result<Converted> annex_b_to_mp4(const std::string& input, const std::string& output,
                                 VideoCodec codec, PictureRate rate, const Progress& progress);

/// Takes the H.264 or HEVC video out of an MP4 file: the NAL units as they were put in, with start
/// codes. Parameter sets that stand in its header alone come first. Of a file that is damaged or
/// cut off every whole sample is taken.
/// Errors: as above; not_supported (codecs other than these, or than `only`).
Result<Converted> mp4_to_annex_b(const std::string& input, const std::string& output,
                                 std::optional<VideoCodec> only, const Progress& progress);

}  // namespace vsl::avformat
