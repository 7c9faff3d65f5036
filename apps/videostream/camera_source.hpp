// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "camera_setup.hpp"
#include "source.hpp"
#include "videostream/camera.hpp"

namespace vsl::command {

/// Frames of a camera, in the driver's own buffers.
class CameraSource final : public Source {
 public:
  /// `stamps`: reads every picture, so that `receive --verify` can prove it whole.
  static Result<std::unique_ptr<Source>> start(Camera camera, bool stamps);

  Result<std::optional<Frame>> next_frame(const StopSignal& stop) override;
  std::string name() const override { return camera_.device().path; }
  std::string description() const override { return describe(camera_.format()); }
  std::uint32_t buffers() const override { return camera_.format().buffers; }
  SourceStats stats() const override;
  Damage damage() const override { return {camera_.stats().damaged, {}}; }
  Site site() const override { return Site::camera; }
  std::optional<FrameRate> rate() const override;

 private:
  CameraSource(Camera camera, bool stamps);
  void watch_silence();

  Camera camera_;
  bool stamps_;
  std::int64_t last_frame_ns_;
  std::int64_t next_warning_ns_;
};

}  // namespace vsl::command
