// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <memory>

#include "videostream/buffer.hpp"

namespace vsl::gst {

/// Memory of ours as GStreamer's, writable; nullptr when it cannot be.
GstMemory* memory_of(std::shared_ptr<Buffer> buffer);

/// The shareable memory a GstMemory lies in: ours, or any dma-buf or fd of another element, which is
/// attached once and remembered with it. nullptr for memory without a descriptor.
std::shared_ptr<Buffer> buffer_of(GstMemory* memory);

}  // namespace vsl::gst
