// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

namespace vsl::gst {

GType source_type();
void init_source_debug();

/// vsl://: "vsl:///run/cam" is path=/run/cam, "vsl://@cam" the abstract socket "cam".
void init_uri_handler(gpointer iface, gpointer);

}  // namespace vsl::gst
