// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <optional>

#include "formats.hpp"
#include "share_buffer.hpp"
#include "videostream/pool.hpp"

namespace vsl::gst {

/// Copies what cannot be shared into memory that can. Thread-confined.
class Copier {
 public:
  void configure(std::uint32_t buffers, const MemoryOptions& memory);
  /// Nothing: every buffer is with readers. Errors: those of Pool::create; invalid_argument (the
  /// buffer is smaller than its caps say).
  Result<std::optional<Frame>> copy(GstBuffer* buffer, const StreamFormat& format);
  /// The memory goes when its last reader is done.
  void reset() { pool_.reset(); }

 private:
  Result<void> prepare(Fourcc fourcc, const PictureLayout& size, std::uint64_t coded_bytes);

  PoolOptions wanted_{};
  std::optional<Pool> pool_;
};

}  // namespace vsl::gst
