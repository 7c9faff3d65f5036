// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/video.h>

namespace vsl::gst {

/// Lets the planes of a buffer of memfds of ours be mapped for writing without a lock on the memory.
/// Decoders that refer back keep their pictures mapped like that while they hand them on, and
/// GStreamer copies memory that is handed on while it is locked for writing: every picture, into
/// memory that cannot be shared. Whoever wants to write into what is handed on still gets a copy.
void map_without_lock(GstVideoMeta* meta);

}  // namespace vsl::gst
