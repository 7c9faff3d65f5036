// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "camera_choice.hpp"
#include "values.hpp"
#include "videostream/camera.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vsl::command {

/// What several commands let a user say about pictures, as it was typed; empty: not said.
struct PictureArguments {
  std::string resolution, format, fps;
};
struct PictureWish {
  std::optional<Resolution> resolution;
  std::optional<Fourcc> format;
  std::optional<FrameRate> rate;
  bool as_set = false;  ///< format "driver": what the camera is set to
};
/// Errors: invalid_argument, `where` being the sentence for the user.
Result<PictureWish> check(const PictureArguments& arguments);

/// … and about a camera.
struct CameraArguments {
  std::string device = "auto", memory = "auto";
  std::vector<std::string> controls;
  bool mirror = false, mirror_v = false;
};

/// Adds --device and what only makes sense with a camera; returns those options.
std::vector<CLI::Option*> add_camera_options(CLI::App& command, CameraArguments& arguments);

/// The same, understood.
struct CameraSetup {
  std::string device;  ///< empty: the first that captures what `options` asks for
  CameraOptions options;
  std::vector<std::pair<std::string, std::string>> controls;
  bool mirror = false, mirror_v = false;
  bool as_set = false;  ///< what `options` leaves open is the driver's choice
};
/// Errors: as above.
Result<CameraSetup> check(const CameraArguments& arguments, const PictureWish& picture);

/// A camera set up and agreed with its driver, not yet started. What was not asked for is chosen;
/// what the driver changed is logged. Errors: those of finding, opening and configuring it.
Result<Camera> open_camera(const CameraSetup& setup);

/// A camera with its controls set, of which no picture is wanted yet.
Result<Camera> open_device(const CameraSetup& setup);

/// From one picture to the next; a 30th of a second where the driver does not say.
std::chrono::nanoseconds frame_period(const CameraFormat& format);

/// As --camera-memory calls it.
const char* name_of(CameraMemory memory);

/// "NV12 1920x1080 at 30 frames a second in 6 buffers (mmap)".
std::string describe(const CameraFormat& format);

}  // namespace vsl::command
