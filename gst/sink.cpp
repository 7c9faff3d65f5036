// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "sink.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "drm_caps.hpp"
#include "sink_pool.hpp"
#include "vsl_sink.hpp"

GST_DEBUG_CATEGORY_STATIC(vslsink_debug);
#define GST_CAT_DEFAULT vslsink_debug

namespace vsl::gst {

void init_sink_debug() {
  GST_DEBUG_CATEGORY_INIT(vslsink_debug, "vslsink", 0, "VideoStream sink");
}

// --- state changes ------------------------------------------------------------------------------

SinkSettings Sink::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

std::shared_ptr<Host> Sink::host() const {
  const std::lock_guard lock(mutex_);
  return host_;
}

bool Sink::is_open() const { return host() != nullptr; }

bool Sink::start() {
  {
    const std::lock_guard lock(mutex_);
    if (settings_.path.empty()) {
      const Ref<gchar> name(gst_object_get_name(GST_OBJECT(element_)));
      settings_.path = std::string("/tmp/") + name.get() + "." +
                       std::to_string(static_cast<long>(::syscall(SYS_gettid)));
    }
  }
  counters_.posted = counters_.zero_copy = counters_.copied = counters_.copied_bytes = 0;
  counters_.dropped = 0;
  has_format_ = false;
  stamp_shift_ns_ = 0;
  return open();
}

bool Sink::open() {
  const SinkSettings now = settings();
  const auto fail = [&](const Error& error) {
    GST_ELEMENT_ERROR(element_, RESOURCE, OPEN_READ_WRITE,
                      ("Could not serve clients at %s.", now.path.c_str()),
                      ("%s", error.message().c_str()));
    return false;
  };
  const auto options = host_options(now);
  if (!options) return fail(options.error());
  auto listening = Host::listen(socket_name(now.path), *options);
  if (!listening) return fail(listening.error());
  auto host = std::make_shared<Host>(std::move(*listening));
  publisher_.configure(now);
  const auto told = [this](HostService::Change change, const HostClient& client) {
    tell(change, client);
  };
  if (const auto started = service_.start(host, told); !started) return fail(started.error());
  GST_INFO_OBJECT(element_, "serving %s", now.path.c_str());
  const std::lock_guard lock(mutex_);
  host_ = std::move(host);
  return true;
}

void Sink::close() {
  for (const HostClient& client : service_.stop()) tell(HostService::Change::removed, client);
  std::shared_ptr<Host> host;
  {
    const std::lock_guard lock(mutex_);
    host = std::move(host_);
  }
  if (host != nullptr) host->close();
}

void Sink::stop() {
  close();
  publisher_.reset();
  rotation_ = Rotation::none;
}

void Sink::interrupt(bool on) {
  const std::lock_guard lock(wait_mutex_);
  flushing_ = on;
  wake_.notify_all();
}

// --- clients ------------------------------------------------------------------------------------

void Sink::tell(HostService::Change change, const HostClient& client) {
  const bool added = change == HostService::Change::added;
  GST_INFO_OBJECT(element_, "client %d (%s) %s", client.pid, client.command.c_str(),
                  added ? "came" : "went");
  {
    const std::lock_guard lock(wait_mutex_);
    clients_ += added ? 1U : ~0U;
    if (clients_ == 0) listened_ = false;
    wake_.notify_all();
  }
  news_.tell(added, client);
}

GstFlowReturn Sink::wait_for_client() {
  if (!read([](const SinkSettings& now) { return now.wait_for_client; })) return GST_FLOW_OK;
  constexpr auto kLookEvery = std::chrono::milliseconds(5);  // between a client's coming and joining
  std::unique_lock lock(wait_mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return flushing_ || clients_ > 0; });
    if (flushing_) return GST_FLOW_FLUSHING;
    if (listened_) return GST_FLOW_OK;
    lock.unlock();  // which is a leaf
    const bool listens = has_listener();
    lock.lock();
    listened_ = listens && clients_ > 0;
    if (!listened_) wake_.wait_for(lock, kLookEvery, [&] { return flushing_; });
  }
}

/// What is published before a client has joined is not there for it.
bool Sink::has_listener() const {
  const auto host = this->host();
  if (host == nullptr) return false;
  const auto clients = host->clients();
  return std::any_of(clients.begin(), clients.end(), [](auto& client) { return client.ready; });
}

void Sink::say_goodbye() {
  if (host() == nullptr) return;
  // A lifespan without end would hold the end of the stream back for ever.
  // And a reader takes silence for a loss: vslsrc after a second, if it is not told otherwise.
  const std::chrono::nanoseconds longest = std::chrono::milliseconds(500);
  const auto lifespan = read(lifespan_of);
  const auto rest = lifespan.count() > 0 ? std::min(lifespan, longest) : longest;
  if (clients_ > 0 && counters_.posted > 0) {
    std::unique_lock lock(wait_mutex_);
    wake_.wait_for(lock, rest, [&] { return flushing_ || clients_ == 0; });
  }
  close();
}

// --- the stream ---------------------------------------------------------------------------------

bool Sink::set_caps(GstCaps* caps) {
  auto format = parse_caps(caps);
  if (!format) {
    GST_WARNING_OBJECT(element_, "%s", format.error().message().c_str());
    return false;
  }
  publisher_.reset();
  upstream_live_.reset();
  publisher_.set_format(std::move(*format));
  has_format_ = true;
  return true;
}

void Sink::propose_allocation(GstQuery* query) {
  GstCaps* caps = nullptr;
  gboolean need_pool = FALSE;
  gst_query_parse_allocation(query, &caps, &need_pool);
  if (caps == nullptr) return;
  const auto format = parse_caps(caps);
  if (!format) return;
  gst_query_add_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, nullptr);
  if (format->coded) return;  // of sizes nobody knows before
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  const auto size = static_cast<guint>(format->video.size);
  // Who names dma-bufs by the kernel's formats has them of its own device.
  if (need_pool == FALSE || has_drm_format(caps)) return;
  const SinkSettings now = settings();
  const MemoryOptions memory{.source = now.memory, .access = now.access};
  GstBufferPool* pool = new_sink_pool(memory, std::make_shared<HeldBuffers>(now.pool_size));
  GstStructure* config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_set_params(config, caps, size, 0, 0);
  if (gst_buffer_pool_set_config(pool, config) != FALSE) {
    gst_query_add_allocation_pool(query, pool, size, 0, 0);
  }
  gst_object_unref(pool);
}

void Sink::set_tags(GstTagList* tags) {
  gchar* orientation = nullptr;
  if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation) == FALSE) return;
  const Ref<gchar> owned(orientation);
  const std::string_view text(orientation);
  rotation_ = text == "rotate-90"    ? Rotation::clockwise_90
              : text == "rotate-180" ? Rotation::half
              : text == "rotate-270" ? Rotation::clockwise_270
                                     : Rotation::none;
}

bool Sink::is_on_time() {
  // Only then has a buffer's time to do with the time it was taken at: else it is a position in a
  // file that is read as fast as it can be.
  if (gst_base_sink_get_sync(GST_BASE_SINK(element_)) != FALSE) return true;
  if (!upstream_live_) {
    gboolean live = FALSE, upstream_live = FALSE;
    GstClockTime min = 0, max = 0;
    if (gst_base_sink_query_latency(GST_BASE_SINK(element_), &live, &upstream_live, &min, &max)) {
      upstream_live_ = upstream_live != FALSE;
    }
  }
  return upstream_live_.value_or(false);
}

std::int64_t Sink::captured_ns(GstBuffer* buffer) {
  const GstReferenceTimestampMeta* stamp =
      gst_buffer_get_reference_timestamp_meta(buffer, monotonic_stamp_caps());
  if (stamp != nullptr) return static_cast<std::int64_t>(stamp->timestamp);
  const GstSegment& segment = GST_BASE_SINK(element_)->segment;
  if (segment.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID(buffer) || !is_on_time()) {
    return 0;
  }
  const GstClockTime running =
      gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  const std::int64_t at_ns = clock_.to_monotonic(GST_ELEMENT(element_), running);
  return at_ns <= monotonic_ns() ? at_ns : 0;
}

namespace {

/// Negative before the beginning of the stream; nothing without a time.
std::optional<std::int64_t> running_ns(const GstSegment& segment, GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time) || segment.format != GST_FORMAT_TIME) return {};
  guint64 running = 0;
  const gint sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, time, &running);
  if (sign == 0 || running > INT64_MAX) return {};
  return sign * static_cast<std::int64_t>(running);
}

}  // namespace

/// The first pictures of a stream with B-frames are decoded before its beginning, where a frame has
/// no times: all come later by as much, so that both stamps keep their distance.
BufferTimes Sink::times_of(GstBuffer* buffer) {
  const GstSegment& segment = GST_BASE_SINK(element_)->segment;
  const auto pts_ns = running_ns(segment, GST_BUFFER_PTS(buffer));
  const auto dts_ns = running_ns(segment, GST_BUFFER_DTS(buffer));
  stamp_shift_ns_ = std::max(stamp_shift_ns_, -std::min(pts_ns.value_or(0), dts_ns.value_or(0)));
  const auto shifted = [&](std::optional<std::int64_t> at_ns) {
    return at_ns ? *at_ns + stamp_shift_ns_ : -1;
  };
  return {captured_ns(buffer), shifted(pts_ns), shifted(dts_ns), rotation_};
}

GstFlowReturn Sink::render(GstBuffer* buffer) {
  if (!has_format_) return GST_FLOW_NOT_NEGOTIATED;
  if (!is_open() && !open()) return GST_FLOW_ERROR;  // after the end of a stream that goes on
  if (const GstFlowReturn waited = wait_for_client(); waited != GST_FLOW_OK) return waited;
  const auto host = this->host();
  const BufferTimes times = times_of(buffer);
  const auto lifespan = read(lifespan_of);
  const auto published = publisher_.publish(*host, buffer, times, lifespan);
  if (!published) {
    GST_ELEMENT_ERROR(element_, RESOURCE, WRITE, ("Could not publish a frame."),
                      ("%s", published.error().message().c_str()));
    return GST_FLOW_ERROR;
  }
  if (times.captured_ns != 0) counters_.latency_ns = monotonic_ns() - times.captured_ns;
  if (publisher_.take_small_pool_warning()) {
    GST_ELEMENT_WARNING(element_, RESOURCE, SETTINGS,
                        ("Frames will not live as long as lifespan says."),
                        ("The buffer pool of the element before has too few buffers for that many "
                         "frames at a time."));
  }
  return GST_FLOW_OK;
}

// --- figures ------------------------------------------------------------------------------------

GstStructure* Sink::stats() const {
  const auto host = this->host();
  const HostStats of_host = host != nullptr ? host->stats() : HostStats{};
  GstStructure* stats = gst_structure_new(
      "application/x-vslsink-stats", "posted", G_TYPE_UINT64, counters_.posted.load(), "zero-copy",
      G_TYPE_UINT64, counters_.zero_copy.load(), "copied", G_TYPE_UINT64, counters_.copied.load(),
      "copied-bytes", G_TYPE_UINT64, counters_.copied_bytes.load(), "dropped", G_TYPE_UINT64,
      counters_.dropped.load(), "live", G_TYPE_UINT64, of_host.live, "taken-back", G_TYPE_UINT64,
      of_host.taken_back, "refused", G_TYPE_UINT64, of_host.refused, "latency", G_TYPE_INT64,
      counters_.latency_ns.load(), nullptr);
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_ARRAY);
  if (host != nullptr) {
    for (const HostClient& client : host->clients()) {
      GValue value = G_VALUE_INIT;
      g_value_init(&value, GST_TYPE_STRUCTURE);
      g_value_take_boxed(&value, structure_of(client));
      gst_value_array_append_and_take_value(&list, &value);
    }
  }
  gst_structure_take_value(stats, "clients", &list);
  return stats;
}

}  // namespace vsl::gst
