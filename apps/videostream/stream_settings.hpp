// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "camera_setup.hpp"
#include "reporter.hpp"
#include "values.hpp"
#include "videostream/codec.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

namespace vsl::command {

/// The command line of `stream` as it was typed.
struct StreamArguments {
  std::string socket, source, backend = "auto", codec = "h264", bitrate = "25000";
  PictureArguments picture;
  CameraArguments camera;
  bool list_controls = false, checksum = false;
  std::uint64_t frames = 0;
  bool loop = false, encode = false;
  ReportOptions report;
  std::optional<double> lifespan_ms;
  std::optional<std::uint32_t> buffers;
  std::uint32_t max_clients = HostOptions().max_clients;
  std::string access = "read", socket_mode, memory = "auto", frame_log;
};

/// What it means.
struct StreamSettings {
  PictureWish picture;
  PoolOptions pool;    ///< of sources that are painted; without a size
  CameraSetup camera;  ///< otherwise
  HostOptions host;
  std::optional<EncoderOptions> encoder;  ///< with --encode
};

void add_stream_options(CLI::App& command, StreamArguments& arguments);

/// Everything a user can get wrong there, in the order in which errors win. The error's `where` is
/// the sentence for the user.
Result<StreamSettings> check(const StreamArguments& arguments);

}  // namespace vsl::command
