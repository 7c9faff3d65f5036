// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "videostream/camera.hpp"

/// The lab's cameras: vivid, single- and multi-planar, showing still colour bars.
namespace vsl::lab {

using namespace std::chrono_literals;

/// The lab is an emulated machine, and a busy host may stop it for many seconds.
inline constexpr auto kPictureLimit = 120s;

/// lab/machine.py sets up three: single-planar, multi-planar, and multi-planar in memory that is
/// contiguous, as on most boards.
enum class Vivid : std::size_t { single_planar, multi_planar, contiguous };
inline constexpr Vivid kBothKinds[] = {Vivid::single_planar, Vivid::multi_planar};

/// The path of one; empty outside the lab.
inline std::string find_vivid(Vivid which) {
  const auto devices = list_devices(static_cast<std::uint32_t>(DeviceType::camera));
  if (!devices) return {};
  auto index = static_cast<std::size_t>(which);
  for (const Device& device : *devices) {
    if (device.driver == "vivid" && index-- == 0) return device.path;
  }
  return {};
}

inline std::string find_vivid(bool multiplanar) {
  return find_vivid(multiplanar ? Vivid::multi_planar : Vivid::single_planar);
}

/// Puts a camera into the state the tests know, whatever the one before left: its defaults, bars
/// of full colour, no text over them.
inline Result<void> reset(Camera& camera) {
  VSL_TRY(const auto controls, camera.controls());
  for (const Control& control : controls) {
    const bool settable = !control.read_only && !control.inactive && !control.write_only &&
                          control.type != ControlType::button &&
                          control.type != ControlType::text && control.type != ControlType::other;
    if (settable && control.value != control.default_value) {
      VSL_CHECK(camera.set_control(control.id, control.default_value));
    }
  }
  VSL_CHECK(camera.set_control("test_pattern", "100% Colorbar"));
  return camera.set_control("osd_text_mode", "None");
}

/// A camera in that state. Test with ASSERT_TRUE(camera).
inline Result<Camera> open_vivid(Vivid which) {
  VSL_TRY(auto camera, Camera::open(find_vivid(which)));
  VSL_CHECK(reset(camera));
  return camera;
}

/// What most tests capture: small, quick pictures.
inline CameraOptions small(Fourcc format = fourcc("YUYV")) {
  return {.format = format, .width_px = 640, .height_px = 360, .interval = {1, 40}};
}

/// The next picture, for which the lab gets enough time.
inline Result<Frame> next(Camera& camera) {
  VSL_TRY(auto frame, camera.capture(kPictureLimit));
  if (frame) return std::move(*frame);
  return Error::of(std::errc::timed_out, "capture from " + camera.device().path);
}

/// A camera that streams small pictures. Test with ASSERT_TRUE(camera).
inline Result<Camera> stream_vivid(Vivid which, const CameraOptions& options = small()) {
  VSL_TRY(auto camera, open_vivid(which));
  VSL_CHECK(camera.configure(options));
  VSL_CHECK(camera.start());
  return camera;
}

class CameraTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (find_vivid(Vivid::contiguous).empty()) {
      GTEST_SKIP() << "the lab's three vivid cameras are not here: run it in the lab";
    }
  }
};

}  // namespace vsl::lab

#define ASSERT_OK(result) ASSERT_TRUE(result) << (result).error().message()
#define EXPECT_OK(result) EXPECT_TRUE(result) << (result).error().message()
