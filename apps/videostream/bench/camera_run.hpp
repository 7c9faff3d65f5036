// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../camera_setup.hpp"
#include "control_page.hpp"
#include "run.hpp"

namespace vsl::bench {

/// Time spans of many frames, in ns.
struct Spans {
  std::vector<std::int64_t> to_post;  ///< from the driver's time stamp until just before posting
  std::vector<std::int64_t> to_consumer;  ///< … until a client could read the pixels
  std::vector<std::int64_t> on_the_bus;   ///< from just before posting until then
};

/// What runs with a camera in place of the producer found, all with one number of clients.
struct CameraResult {
  std::uint32_t clients = 0;
  Spans spans;
  std::uint64_t published = 0, received = 0;  ///< counted frames; `received` by all clients
  CameraStats stats;                          ///< of all frames, uncounted ones included
};

struct CameraReport {
  std::string device;
  CameraFormat format;
  std::vector<CameraResult> results;
};

struct CameraPlan {
  Settings settings;  ///< of the clients
  command::CameraSetup camera;
  std::vector<std::uint32_t> clients;  ///< numbers of them, each measured
  std::uint32_t runs = 1;              ///< each with a fresh host and fresh clients
  std::uint32_t frames = 0;            ///< counted frames of a run; 0: as many as `seconds` has
  double seconds = 0;
};

/// A requested stop ends it with what there is. Errors: those of camera, host and clients.
Result<CameraReport> measure_with_camera(const CameraPlan& plan, const Progress& progress);

std::string to_text(const CameraReport& report);
std::string to_json(const CameraReport& report);

}  // namespace vsl::bench
