// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <memory>

#include "codec/backend.hpp"
#include "v4l2/output_queue.hpp"

namespace vsl::codec::m2m {

/// A dma-buf of ours for pictures that a driver of dma-bufs cannot read where they are.
class Staging {
 public:
  /// Makes the memory unless it is there. Errors: those of Buffer::allocate; not_supported (there
  /// is no heap for dma-bufs).
  Result<void> make(const Layout& layout);
  void drop() { memory_ = {}; }
  /// Copies a part to where `to` says. Errors: those of copy_part() and of mapping.
  Result<void> fill(RawPicture& picture, const Rect& part, const Layout& to);
  v4l2::LentMemory lend(std::uint32_t buffer) const;

 private:
  std::array<std::shared_ptr<Buffer>, kMaxPlanes> memory_;
};

}  // namespace vsl::codec::m2m
