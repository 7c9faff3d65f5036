// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "media/video_codec.hpp"
#include "videostream/result.hpp"

struct AVPacket;
struct AVCodecParameters;

namespace vsl::avformat {

/// The shape of a pixel; 0 = not said.
struct PixelAspect {
  std::uint32_t width = 0, height = 0;
};

/// What a decoder, a clock and a player need to know about the video in a file.
struct VideoStream {
  const AVCodecParameters* parameters = nullptr;  ///< borrowed from the Demuxer
  std::optional<VideoCodec> codec;                ///< nothing: another one
  std::uint32_t width_px = 0, height_px = 0;
  int time_base_numerator = 1, time_base_denominator = 1;    ///< of packet and frame stamps, s
  int frame_rate_numerator = 0, frame_rate_denominator = 1;  ///< 0: the file does not say
  PixelAspect pixel;
  int rotation_degrees = 0;  ///< to be shown turned so far clockwise: 0 … 359
  int bit_depth = 0;         ///< of luma; 0: nobody knows before it is decoded
  /// 2^shift pixels of a row or column share a sample of chroma; -1: not known, or no such chroma.
  int chroma_shift_x = -1, chroma_shift_y = -1;
  unsigned audio_tracks = 0, subtitle_tracks = 0;  ///< of the file, beside the video
};

/// How packets of H.264 and HEVC come: as the file has them, or in Annex B with the parameter sets
/// that may stand in the file's header alone. Those of other codecs always come as they are.
enum class Packets { as_stored, annex_b };

/// What a packet is to a decoder that is not FFmpeg's.
struct Sample {
  std::span<const std::byte> bytes;
  std::optional<std::int64_t> pts_ns;
  std::int64_t dts_ns = -1, duration_ns = -1;  ///< -1 = unknown
  bool hidden = false;  ///< decoded for others, and cut out of the film by its file
};

/// Reads the best video stream of a file, packet by packet. Thread-confined.
class Demuxer {
 public:
  /// Errors: errno of the open; not_supported (nothing FFmpeg knows, or no video in it).
  static Result<Demuxer> open(const std::string& path, Packets packets = Packets::as_stored);
  Demuxer(Demuxer&&) noexcept;
  Demuxer& operator=(Demuxer&&) noexcept;
  ~Demuxer();

  const VideoStream& video() const noexcept;
  /// The next packet of the video, valid until the next call; nullptr at the end of the file.
  /// Errors: errno of the read; bad_message (the file is cut off).
  Result<const AVPacket*> read();
  Sample describe(const AVPacket& packet) const;
  /// A stamp of a packet or frame.
  std::int64_t ns_of(std::int64_t stamp) const;
  /// How far into the file reading is; all_bytes 0: nobody knows.
  struct Position {
    std::uint64_t done_bytes = 0, all_bytes = 0;
  };
  Position position() const noexcept;
  /// Packets left out, as they could not be brought into Annex B.
  std::uint64_t damaged() const noexcept;

 private:
  struct Impl;
  explicit Demuxer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl::avformat
