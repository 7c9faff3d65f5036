// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "media/video_codec.hpp"
#include "videostream/buffer.hpp"
#include "videostream/camera.hpp"
#include "videostream/client.hpp"
#include "videostream/codec.hpp"
#include "videostream/fourcc.hpp"
#include "videostream/result.hpp"

/// The value formats that commands share. A failure's `where` is the sentence for the user; its
/// class is always `usage`.
namespace vsl::command {

struct Resolution {
  std::uint32_t width_px = 0, height_px = 0;
  friend bool operator==(const Resolution&, const Resolution&) = default;
};
/// "1920x1080" or "1920*1080".
Result<Resolution> parse_resolution(std::string_view text);

/// Exactly four bytes, case-sensitive; whether the code is known is not checked.
Result<Fourcc> parse_fourcc(std::string_view text);

/// kbit/s: a number, or one with the suffix kbps or Mbps in any case.
Result<std::uint32_t> parse_bitrate_kbps(std::string_view text);

/// Frames per second as a fraction: "30", "30000/1001", "29.97".
struct FrameRate {
  std::uint32_t numerator = 30, denominator = 1;
  friend bool operator==(const FrameRate&, const FrameRate&) = default;
  /// When frame `index` is due, in ns from the first: exact, so that no drift builds up.
  std::int64_t due_ns(std::uint64_t index) const;
};
Result<FrameRate> parse_frame_rate(std::string_view text);

/// Whether frames of it are pictures, and nothing has to be decoded.
bool is_raw(Fourcc format);

/// h264, h265, hevc, avc in any case, with or without '.' and '-'.
Result<VideoCodec> parse_codec(std::string_view text);
/// The first of these: for JSON, and commands to copy.
const char* word_of(VideoCodec codec);

/// "newest", "in-order", "in-order:N", "every:K".
Result<Policy> parse_policy(std::string_view text);

/// "auto", "memfd", "dma-heap", "udmabuf", "shm".
Result<MemorySource> parse_memory(std::string_view text);

/// "auto", "mmap", "dma-buf", "userptr", "copy".
Result<CameraMemory> parse_camera_memory(std::string_view text);

/// "read", "read_write".
Result<Access> parse_access(std::string_view text);

/// Refuses what is no number of seconds.
Result<void> check_timeout(double seconds);

/// auto, v4l2, hantro or software, in any case.
Result<CodecBackend> parse_backend(std::string_view text);

/// Whether frames of this format and size have a layout; the sentence is for the user.
Result<void> check_picture(Fourcc format, Resolution size);

/// Octal permission bits: "660", "0660".
Result<std::uint32_t> parse_mode(std::string_view text);

}  // namespace vsl::command
