// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>

#include "videostream/frame.hpp"

namespace vsl {

struct PoolOptions {
  Fourcc format = {};
  std::uint32_t width_px = 0, height_px = 0;
  std::uint32_t buffers = 8;        ///< 4 … 64; with few, few frames can be in readers' hands
  std::uint32_t stride_align = 64;  ///< bytes; rows start on cache lines
  std::uint64_t opaque_bytes = 0;   ///< > 0: buffers of this size for coded data
  MemoryOptions memory = {};  ///< all buffers come from one place, the first that has room for all
};

struct PoolStats {
  std::uint64_t acquired = 0;
  std::uint64_t starved = 0;  ///< acquire found every buffer in use
  std::uint32_t buffers = 0, free = 0;
};

/// A fixed set of equal buffers. A frame acquired from it is published as it is and comes back when
/// no reader holds it. Thread-safe. Nothing is allocated or mapped after create().
class VSL_EXPORT Pool {
 public:
  /// Errors: those of Layout::packed and Buffer::allocate; invalid_argument (buffers < 4 or > 64).
  static Result<Pool> create(const PoolOptions& options);

  /// A writable frame of the pool's layout, ours alone. First recycles what hosts can give back.
  /// Errors: no_buffer_space when every buffer is written, published and held, or taken.
  Result<Frame> acquire();

  const Layout& layout() const noexcept;
  PoolStats stats() const noexcept;

  struct Impl;
  explicit Pool(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace vsl
