// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "painter.hpp"

namespace vsl::command {

/// Slanted colour bars that roll upwards, with a bar of changing brightness across them, so that no
/// two frames near each other are alike. Rendered once; a frame costs a copy of its bytes.
class TestPattern final : public Painter {
 public:
  TestPattern(Resolution size, FrameRate rate) : size_(size), rate_(rate) {}

  Resolution size() const override { return size_; }
  std::optional<FrameRate> rate() const override { return rate_; }
  Result<std::optional<std::int64_t>> next() override;
  Result<void> fill(Frame& frame) override;
  bool stamps_pixels() const override { return true; }
  unsigned copies_per_frame() const override { return 0; }

 private:
  Result<void> render(const Layout& layout);

  Resolution size_;
  FrameRate rate_;
  std::uint64_t index_ = 0;  // of the frame after the one next() made ready
  Layout layout_;            // of what is rendered
  std::array<std::vector<std::uint8_t>, kMaxPlanes> planes_;
};

}  // namespace vsl::command
