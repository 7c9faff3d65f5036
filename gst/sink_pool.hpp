// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <memory>

#include "held_buffers.hpp"
#include "videostream/buffer.hpp"

namespace vsl::gst {

/// A GstBufferPool of memory that is published as it is. It grows as upstream needs: a decoder
/// keeps its references in it. What readers may keep is limited apart from that, by `owner`.
GstBufferPool* new_sink_pool(const MemoryOptions& memory, std::shared_ptr<HeldBuffers> owner);

/// The owner of the buffers of such a pool; nullptr for pools of others.
std::shared_ptr<HeldBuffers> owner_of(GstBufferPool* pool);

}  // namespace vsl::gst
