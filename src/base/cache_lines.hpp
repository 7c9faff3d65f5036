// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>

namespace vsl {

inline constexpr std::size_t kCacheLineBytes = 64;

/// Asks for the cache lines of a range without waiting for them: who slept finds its caches cold,
/// and lines that are asked for together come together.
inline void fetch_to_read(const void* start, std::size_t bytes) noexcept {
  const auto* line = static_cast<const std::byte*>(start);
  for (std::size_t at = 0; at < bytes; at += kCacheLineBytes) __builtin_prefetch(line + at, 0);
}

/// The same for lines that will be written: other cores give theirs up.
inline void fetch_to_write(const void* start, std::size_t bytes) noexcept {
  const auto* line = static_cast<const std::byte*>(start);
  for (std::size_t at = 0; at < bytes; at += kCacheLineBytes) __builtin_prefetch(line + at, 1);
}

}  // namespace vsl
