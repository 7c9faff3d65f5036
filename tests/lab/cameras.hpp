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

inline constexpr auto kPictureLimit = 10s;  // the lab is an emulated machine on a busy one

/// The first vivid camera of this kind; empty outside the lab.
inline std::string find_vivid(bool multiplanar) {
  const auto devices = list_devices(static_cast<std::uint32_t>(DeviceType::camera));
  if (!devices) return {};
  for (const Device& device : *devices) {
    if (device.driver == "vivid" && device.multiplanar == multiplanar) return device.path;
  }
  return {};
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
inline Result<Camera> open_vivid(bool multiplanar) {
  VSL_TRY(auto camera, Camera::open(find_vivid(multiplanar)));
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

/// Both kinds of vivid, or the reason why there is none to test.
class CameraTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (find_vivid(GetParam()).empty()) GTEST_SKIP() << "no vivid camera here: run it in the lab";
  }
};

}  // namespace vsl::lab
