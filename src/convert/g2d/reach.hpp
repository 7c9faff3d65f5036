// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "videostream/buffer.hpp"

namespace vsl::convert::g2d {

/// Whether the engine may be pointed at memory, and what must stay open while it is.
struct Reach {
  bool possible = false;
  UniqueFd held;
};

/// The engine takes one address for a whole buffer, and believes it. So it may have memory that is
/// known to lie in one piece (by who exported it), and whose caches are in order after
/// begin_cpu_access() and end_cpu_access(): the kernel does nothing there for a dma-buf of cached
/// memory that no device is attached to, so one is.
Reach reach_of(const Buffer& buffer);

/// Who exported a dma-buf, by what the kernel says of it in /proc/self/fdinfo; empty: not known.
std::string exporter_of(int fd);
std::string exporter_in(std::string_view fdinfo);

}  // namespace vsl::convert::g2d
