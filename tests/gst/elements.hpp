// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "ipc/testing.hpp"

/// Elements, pipelines and the other end of the bus, for tests in one process.
namespace vsl::gst_test {

using namespace std::chrono_literals;

// Only so that a hang ends the test.
inline constexpr auto kPatience = 60s;

inline void init() {
  static const bool done = [] {
    gst_init(nullptr, nullptr);
    return true;
  }();
  (void)done;
}

inline std::string new_path() {
  init();
  static std::atomic<int> count{0};
  return "/tmp/vsl-gst-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

/// Asks until it holds; false after a minute.
inline bool until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

using ipc::test::must;

struct DeleteHarness {
  void operator()(GstHarness* harness) const { gst_harness_teardown(harness); }
};
using Harness = std::unique_ptr<GstHarness, DeleteHarness>;

/// A vslsink that does not look at the clock.
inline Harness sink_harness(const std::string& path, const char* caps,
                            const char* memory = "auto") {
  init();
  GstElement* element = gst_element_factory_make("vslsink", nullptr);
  gst_util_set_object_arg(G_OBJECT(element), "memory", memory);
  g_object_set(element, "path", path.c_str(), "sync", FALSE, nullptr);
  Harness harness(gst_harness_new_with_element(element, "sink", nullptr));
  gst_object_unref(element);
  gst_harness_set_src_caps_str(harness.get(), caps);
  return harness;
}

/// A vslsrc that has not been started.
inline Harness source_harness(const std::string& path) {
  init();
  Harness harness(gst_harness_new("vslsrc"));
  gst_harness_use_systemclock(harness.get());
  g_object_set(harness->element, "path", path.c_str(), "timeout", 0.0, nullptr);
  return harness;
}

/// A buffer that is given back at the end of its scope.
struct UnrefBuffer {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
};
using BufferRef = std::unique_ptr<GstBuffer, UnrefBuffer>;

/// The next buffer that came out of an element; an empty one after a minute.
inline BufferRef pull(const Harness& harness) { return BufferRef(gst_harness_pull(harness.get())); }

/// What its downstream was told last.
inline std::string caps_of(const Harness& harness) {
  GstCaps* caps = gst_pad_get_current_caps(harness->sinkpad);
  if (caps == nullptr) return "none";
  gchar* text = gst_caps_to_string(caps);
  const std::string copy = text;
  g_free(text);
  gst_caps_unref(caps);
  return copy;
}

inline Client connect(const std::string& path,
                      ClientOptions options = {.policy = Policy::in_order()}) {
  options.connect_timeout = kPatience;
  return must(Client::connect(path, options));
}

/// The next frame, or an empty lease.
inline Lease next(Client& client, std::chrono::nanoseconds patience = kPatience) {
  auto frame = client.wait_frame(patience);
  return frame && *frame ? std::move(**frame) : Lease();
}

/// What an element says in its statistics.
inline guint64 stat(GstElement* element, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 value = 0;
  if (gst_structure_get_uint64(stats, name, &value) == FALSE) ADD_FAILURE() << "no " << name;
  gst_structure_free(stats);
  return value;
}

/// A pipeline that is stopped and freed with the test.
struct Pipeline {
  explicit Pipeline(const std::string& text) {
    init();
    GError* error = nullptr;
    element = gst_parse_launch(text.c_str(), &error);
    if (error != nullptr) {
      ADD_FAILURE() << error->message;
      g_error_free(error);
    }
  }
  ~Pipeline() {
    set(GST_STATE_NULL);
    gst_object_unref(element);
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  GstStateChangeReturn set(GstState state) const { return gst_element_set_state(element, state); }
  /// Waits for the state that was set last.
  bool reached(GstState state) const {
    GstState now = GST_STATE_NULL;
    gst_element_get_state(element, &now, nullptr, 60 * GST_SECOND);
    return now == state;
  }
  /// Waits for a message of these kinds: its kind and, of an error, the text.
  std::pair<GstMessageType, std::string> wait(GstMessageType kinds) const {
    GstBus* bus = gst_element_get_bus(element);
    GstMessage* message = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, kinds);
    gst_object_unref(bus);
    if (message == nullptr) return {GST_MESSAGE_UNKNOWN, "nothing came"};
    const GstMessageType type = GST_MESSAGE_TYPE(message);
    std::string text;
    if (type == GST_MESSAGE_ERROR) {
      GError* error = nullptr;
      gst_message_parse_error(message, &error, nullptr);
      text = error->message;
      g_error_free(error);
    } else if (const GstStructure* fields = gst_message_get_structure(message)) {
      gchar* all = gst_structure_to_string(fields);
      text = all;
      g_free(all);
    }
    gst_message_unref(message);
    return {type, text};
  }
  /// Whether such a message lies on the bus already.
  bool has(GstMessageType kind) const {
    GstBus* bus = gst_element_get_bus(element);
    GstMessage* message = gst_bus_pop_filtered(bus, kind);
    gst_object_unref(bus);
    if (message != nullptr) gst_message_unref(message);
    return message != nullptr;
  }
  GstElement* child(const char* name) const {
    GstElement* found = gst_bin_get_by_name(GST_BIN(element), name);
    gst_object_unref(found);  // the pipeline has it
    return found;
  }

  GstElement* element = nullptr;
};

/// A host of the library with a pool, served by a thread of its own.
struct Producer {
  explicit Producer(const std::string& path, PoolOptions options = {.format = fourcc("NV12"),
                                                                    .width_px = 64,
                                                                    .height_px = 32,
                                                                    .buffers = 8})
      : host(must(Host::listen(path, {.service_thread = true}))),
        pool(must(Pool::create(options))) {}

  std::uint64_t publish(const std::function<void(FrameInfo&)>& edit = {}, std::uint8_t value = 7) {
    Frame frame = must(pool.acquire());
    ipc::test::fill(frame, value);
    if (edit) edit(frame.info());
    return must(host.publish(std::move(frame)));
  }

  Host host;
  Pool pool;
};

/// A producer, and a vslsrc that receives from it.
struct Stream {
  enum class Strides { unknown, known };  ///< whether downstream reads GstVideoMeta

  explicit Stream(Strides strides = Strides::known)
      : producer(path), harness(source_harness(path)) {
    if (strides == Strides::known) {
      gst_harness_add_propose_allocation_meta(harness.get(), GST_VIDEO_META_API_TYPE, nullptr);
    }
    gst_harness_play(harness.get());
  }

  const std::string path = new_path();
  Producer producer;
  Harness harness;
};

}  // namespace vsl::gst_test
