// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "reporter.hpp"
#include "values.hpp"
#include "videostream/host.hpp"

namespace vsl::command {

/// The command line of `stream` as it was typed.
struct StreamArguments {
  std::string socket, source, device, backend = "auto", codec = "h264", bitrate = "25000";
  std::string resolution, format, fps;
  std::uint64_t frames = 0;
  bool loop = false, encode = false;
  ReportOptions report;
  double lifespan_ms = 0;
  std::uint32_t buffers = 8;
  std::string access = "read", socket_mode, memory = "auto";
};

/// What it means.
struct StreamSettings {
  std::optional<Resolution> resolution;
  Fourcc format;
  std::optional<FrameRate> rate;
  HostOptions host;
  MemoryOptions memory;
};

void add_stream_options(CLI::App& command, StreamArguments& arguments);

/// Everything a user can get wrong there, in the order in which errors win. The error's `where` is
/// the sentence for the user.
Result<StreamSettings> check(const StreamArguments& arguments);

}  // namespace vsl::command
