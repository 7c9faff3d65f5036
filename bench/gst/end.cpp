// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "end.hpp"

#include <cstdio>

#include "station.hpp"

namespace vsl::gst_bench {
namespace {

GstPadProbeReturn on_buffer(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  static_cast<Station*>(data)->pass(buffer);
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  return GST_PAD_PROBE_OK;
}

gboolean on_message(GstBus*, GstMessage* message, gpointer data) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return TRUE;
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::fprintf(stderr, "gst_bench: %s\n", error->message);
  g_error_free(error);
  static_cast<Station*>(data)->end(1);
  return TRUE;
}

void watch(GstElement* pipeline, Side side, Station& station) {
  GstElement* element = gst_bin_get_by_name(GST_BIN(pipeline), "end");
  GstPad* pad = gst_element_get_static_pad(element, side == Side::producer ? "sink" : "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &station, nullptr);
  gst_object_unref(pad);
  gst_object_unref(element);
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_bus_add_watch(bus, on_message, &station);
  gst_object_unref(bus);
}

}  // namespace

int run_end(Side side, const std::string& pipeline_text) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(pipeline_text.c_str(), &error);
  if (error != nullptr) {
    std::fprintf(stderr, "gst_bench: cannot run %s: %s\n", pipeline_text.c_str(), error->message);
    g_error_free(error);
    return 1;
  }
  Station station(side);
  watch(pipeline, side, station);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const int exit_code = station.run();
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return exit_code;
}

}  // namespace vsl::gst_bench
