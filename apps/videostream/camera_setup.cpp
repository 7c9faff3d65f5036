// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_setup.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "command.hpp"

namespace vsl::command {
namespace {

double rate_fps(const FrameInterval& interval) {
  return interval.numerator == 0 ? 0.0
                                 : static_cast<double>(interval.denominator) / interval.numerator;
}

Result<std::pair<std::string, std::string>> parse_control(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error::of(std::errc::invalid_argument,
                     "Invalid control (expected name=value, see --list-controls): '" + text + "'");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

std::string size_text(std::uint32_t width_px, std::uint32_t height_px) {
  return std::to_string(width_px) + "x" + std::to_string(height_px);
}

std::string rate_text(const FrameInterval& interval) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", rate_fps(interval));
  return text;
}

void warn_of_changes(const std::string& path, const CameraOptions& asked, const CameraFormat& got) {
  const std::string given = path + " gives ";
  if (asked.width_px != 0 &&
      (asked.width_px != got.layout.width_px || asked.height_px != got.layout.height_px)) {
    log_warn(given + size_text(got.layout.width_px, got.layout.height_px) + " instead of " +
             size_text(asked.width_px, asked.height_px));
  }
  if (asked.interval.denominator == 0) return;
  if (got.interval.numerator == 0) {
    log_warn(path + " does not say how many frames a second it gives");
  } else if (rate_text(asked.interval) != rate_text(got.interval)) {
    log_warn(given + rate_text(got.interval) + " frames a second instead of " +
             rate_text(asked.interval));
  }
}

}  // namespace

std::vector<CLI::Option*> add_camera_options(CLI::App& command, CameraArguments& arguments) {
  return {
      command
          .add_option("-d,--device", arguments.device,
                      "Camera node, or auto: the first that captures what is asked for")
          ->capture_default_str(),
      command.add_option("--control", arguments.controls,
                         "Set a control of the camera, as brightness=90; may be repeated"),
      command.add_flag("--mirror", arguments.mirror, "Mirror the picture left to right"),
      command.add_flag("--mirror-v", arguments.mirror_v, "Mirror the picture top to bottom"),
      command
          .add_option("--camera-memory", arguments.memory,
                      "Where the driver writes: auto, mmap, dma-buf (of --memory), userptr, or "
                      "copy, which always works")
          ->capture_default_str(),
  };
}

Result<PictureWish> check(const PictureArguments& arguments) {
  PictureWish wish;
  if (!arguments.resolution.empty()) {
    VSL_TRY(wish.resolution, parse_resolution(arguments.resolution));
  }
  wish.as_set = arguments.format == "driver";
  if (!arguments.format.empty() && !wish.as_set) {
    VSL_TRY(wish.format, parse_fourcc(arguments.format));
  }
  if (!arguments.fps.empty()) {
    VSL_TRY(wish.rate, parse_frame_rate(arguments.fps));
  }
  return wish;
}

Result<CameraSetup> check(const CameraArguments& arguments, const PictureWish& picture) {
  CameraSetup setup;
  setup.options.nearest_size = true;  // what is given instead is logged
  setup.options.format = picture.format.value_or(Fourcc{});
  if (picture.resolution) {
    setup.options.width_px = picture.resolution->width_px;
    setup.options.height_px = picture.resolution->height_px;
  }
  if (picture.rate) setup.options.interval = {picture.rate->denominator, picture.rate->numerator};
  if (arguments.device != "auto") setup.device = arguments.device;
  VSL_TRY(setup.options.memory, parse_camera_memory(arguments.memory));
  for (const std::string& text : arguments.controls) {
    VSL_TRY(auto control, parse_control(text));
    setup.controls.push_back(std::move(control));
  }
  setup.mirror = arguments.mirror;
  setup.mirror_v = arguments.mirror_v;
  setup.as_set = picture.as_set;
  return setup;
}

Result<Camera> open_device(const CameraSetup& setup) {
  std::string path = setup.device;
  if (path.empty()) {
    VSL_TRY(path, default_camera(setup.options));
  }
  VSL_TRY(Camera camera, Camera::open(path));
  // Before the format: some flips change the order of a sensor's colours.
  for (const auto& [name, value] : setup.controls) VSL_CHECK(camera.set_control(name, value));
  if (setup.mirror) VSL_CHECK(camera.mirror_horizontal(true));
  if (setup.mirror_v) VSL_CHECK(camera.mirror_vertical(true));
  return camera;
}

Result<Camera> open_camera(const CameraSetup& setup) {
  VSL_TRY(Camera camera, open_device(setup));
  const CameraOptions options =
      setup.as_set ? setup.options : choose_picture(camera.device(), setup.options);
  VSL_TRY(const CameraFormat format, camera.configure(options));
  warn_of_changes(camera.device().path, options, format);
  return camera;
}

std::chrono::nanoseconds frame_period(const CameraFormat& format) {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  const FrameInterval& interval = format.interval;
  const bool known = interval.numerator != 0 && interval.denominator != 0;
  return std::chrono::nanoseconds(known ? kSecondNs * interval.numerator / interval.denominator
                                        : kSecondNs / 30);
}

const char* name_of(CameraMemory memory) {
  switch (memory) {
    case CameraMemory::mmap:
      return "mmap";
    case CameraMemory::dma_buf:
      return "dma-buf";
    case CameraMemory::userptr:
      return "userptr";
    case CameraMemory::copy:
      return "copy";
    case CameraMemory::automatic:
      break;
  }
  return "auto";
}

std::string describe(const CameraFormat& format) {
  std::string text = format.pixel_format.to_string() + " " +
                     size_text(format.layout.width_px, format.layout.height_px);
  if (format.interval.numerator != 0) {
    text += " at " + rate_text(format.interval) + " frames a second";
  }
  return text + " in " + std::to_string(format.buffers) + " buffers (" + name_of(format.memory) +
         ")";
}

}  // namespace vsl::command
