// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "avformat/recorder.hpp"
#include "camera_setup.hpp"
#include "connect.hpp"
#include "open_source.hpp"
#include "reporter.hpp"
#include "values.hpp"

namespace vsl::command {

/// The command line of `record` as it was typed.
struct RecordArguments {
  HostArguments host;
  std::string output, source, ipc, codec, bitrate = "25000", backend = "auto";
  PictureArguments picture;
  CameraArguments camera;
  bool loop = false, faststart = false;
  std::uint64_t frames = 0, sync_frames = 0;
  double duration_s = 0, timeout_s = 5.0, segment_s = 0;
  std::uint64_t segment_bytes = 0, segment_keys = 0;
  std::uint64_t buffer_bytes = avformat::RecorderOptions{}.queue_bytes;
  ReportOptions report;
};

/// What it means.
struct RecordSettings {
  avformat::RecorderOptions recorder;
  std::optional<VideoCodec> codec;  ///< as asked for; coded frames are taken as they are
  PaintedSourceOptions painted;     ///< with --source
  CameraSetup camera;               ///< with neither --source nor --ipc
  std::optional<FrameRate> rate;
  std::uint32_t bitrate_kbps = 0;
  CodecBackend backend = CodecBackend::automatic;
  std::uint64_t frames = 0;  ///< limits; 0 = none
  std::int64_t duration_ns = 0;
  bool to_stdout = false;  ///< whatever was printed there would be in the recording

  /// What to encode: as asked for, else as the file's extension says.
  VideoCodec codec_to_encode() const;
};

void add_record_options(CLI::App& command, RecordArguments& arguments);

/// Everything a user can get wrong there, in the order in which errors win. The error's `where` is
/// the sentence for the user. An extension that misleads is only warned of.
Result<RecordSettings> check(const RecordArguments& arguments);

}  // namespace vsl::command
