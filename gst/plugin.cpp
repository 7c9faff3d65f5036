// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gst/gst.h>

#include "device.hpp"
#include "user_meta.hpp"
#include "vsl_sink.hpp"
#include "vsl_src.hpp"

namespace {

gboolean plugin_init(GstPlugin* plugin) {
  vsl::gst::register_user_meta();
  // Automatic elements must not choose a sink that shows nothing, nor a source that needs a path.
  return gst_element_register(plugin, "vslsink", GST_RANK_NONE, vsl::gst::sink_type()) != FALSE &&
         gst_element_register(plugin, "vslsrc", GST_RANK_MARGINAL, vsl::gst::source_type()) != FALSE &&
         gst_device_provider_register(plugin, "vsldeviceprovider", GST_RANK_MARGINAL,
                                      vsl::gst::device_provider_type()) != FALSE;
}

}  // namespace

#define PACKAGE "videostream"
// GStreamer loads only plugins whose licence is in its list, and Apache-2.0 is not in it.
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, videostream, "VideoStream GStreamer plugin",
                  plugin_init, VSL_PLUGIN_VERSION, GST_LICENSE_UNKNOWN, "VideoStream (Apache-2.0)",
                  "VideoStream")
