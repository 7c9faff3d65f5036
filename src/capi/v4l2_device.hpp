// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "videostream.h"
#include "videostream/device.hpp"

namespace vsl::capi {

/// Memory for C callers: malloc'ed, zero, passed to free() in the end.
template <class T>
struct CArray {
  struct Free {
    void operator()(T* array) const noexcept { std::free(array); }
  };
  std::unique_ptr<T[], Free> memory;  ///< null for none
  std::size_t count = 0;
};

/// The sizes of a format as the C interface has them: a range is its smallest and its largest, a
/// range of intervals its shortest and its longest, and no list is longer than VSL_V4L2_MAX_*.
/// Throws: bad_alloc.
CArray<VSLResolution> to_c(const std::vector<FrameSize>& sizes);

/// A list of formats in a VSLDevice, and what frees it.
void free_formats(VSLFormat* formats, std::size_t count) noexcept;
/// Puts the formats of `from` in the place of those of `to`. Throws: bad_alloc; `to` is as before.
void replace_formats(const Device& from, VSLDevice& to);

/// Fills a zeroed VSLDevice. Text that does not fit is cut. Throws: bad_alloc; what `to` has by
/// then is freed with its list.
void fill(const Device& from, VSLDevice& to);

/// The path in a device of the caller; empty for none. It may lack its end.
std::string path_of(const VSLDevice* device);

}  // namespace vsl::capi
