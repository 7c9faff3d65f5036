// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>

#include "convert/backend.hpp"
#include "convert/g2d/abi.hpp"

namespace vsl::convert::g2d {

/// What an engine says it can.
struct Features {
  bool scaling = true, source_yuv = true, target_yuv = false;
};

/// One picture of a blit. Where its planes are is not known yet.
struct Side {
  Format format = Format::none;
  std::size_t planes = 0;
  int stride_px = 0, width_px = 0, height_px = 0;
  Rect rect;
};

struct Blit {
  Side from, to;
  std::optional<Capability> colors;  ///< the matrix, where YUV takes part
};

/// The job as the engine can do it, or nothing: then it is one for the CPU. What engines are known
/// to do right, on all boards, is less than what they take. docs/convert.md
std::optional<Blit> blit_of(const Job& job, const Features& features) noexcept;

}  // namespace vsl::convert::g2d
