// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/gstvideosink.h>

#include "videostream/host.hpp"

namespace vsl::gst {

GType sink_type();
void init_sink_debug();

/// Emits client-added or client-removed, and tells that num-clients has changed.
void emit_client(GstVideoSink* element, bool added, const HostClient& client);
GstStructure* structure_of(const HostClient& client);

}  // namespace vsl::gst
