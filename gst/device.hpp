// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include "videostream/inspect.hpp"

namespace vsl::gst {

/// A running host as applications list it; makes a vslsrc with its path. A floating reference.
GstDevice* new_device(const RunningHost& host);

/// Lists running hosts, and tells while it is started which come and go.
GType device_provider_type();

}  // namespace vsl::gst
