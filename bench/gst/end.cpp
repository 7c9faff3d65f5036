// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "end.hpp"

#include <glib-unix.h>

#include <csignal>
#include <cstdio>

namespace vsl::gst_bench {
namespace {

struct End {
  explicit End(Side side) : meter(side) {}
  Meter meter;
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  int exit_code = 0;
};

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

GstPadProbeReturn on_buffer(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  Meter& meter = static_cast<End*>(data)->meter;
  const bool first = !meter.has_begun();
  meter.pass(buffer);
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  if (first) say("ready");
  return GST_PAD_PROBE_OK;
}

gboolean on_mark(gpointer data) {
  say(static_cast<End*>(data)->meter.end_phase().dump());
  return G_SOURCE_CONTINUE;
}

gboolean on_end(gpointer data) {
  g_main_loop_quit(static_cast<End*>(data)->loop);
  return G_SOURCE_CONTINUE;
}

gboolean on_message(GstBus*, GstMessage* message, gpointer data) {
  auto* end = static_cast<End*>(data);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    std::fprintf(stderr, "gst_bench: %s\n", error->message);
    g_error_free(error);
    end->exit_code = 1;
    g_main_loop_quit(end->loop);
  }
  return TRUE;
}

void watch(GstElement* pipeline, Side side, End& end) {
  GstElement* element = gst_bin_get_by_name(GST_BIN(pipeline), "end");
  GstPad* pad = gst_element_get_static_pad(element, side == Side::producer ? "sink" : "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &end, nullptr);
  gst_object_unref(pad);
  gst_object_unref(element);
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_bus_add_watch(bus, on_message, &end);
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
  End end(side);
  g_unix_signal_add(SIGUSR1, on_mark, &end);
  g_unix_signal_add(SIGTERM, on_end, &end);
  watch(pipeline, side, end);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_main_loop_run(end.loop);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  g_main_loop_unref(end.loop);
  return end.exit_code;
}

}  // namespace vsl::gst_bench
