// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/gstvideosink.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "client_news.hpp"
#include "host_service.hpp"
#include "publisher.hpp"
#include "time_map.hpp"

namespace vsl::gst {

/// What vslsink does, behind the GObject of vsl_sink.cpp.
class Sink {
 public:
  explicit Sink(GstVideoSink* element) : element_(element), news_(element) {}

  // State changes; none of them waits for a client.
  bool start();
  void stop();
  /// While it is on, waits of the streaming thread end at once.
  void interrupt(bool on);

  // The streaming thread.
  bool set_caps(GstCaps* caps);
  void propose_allocation(GstQuery* query);
  GstFlowReturn render(GstBuffer* buffer);
  /// With wait-for-client, does not return before there is one.
  GstFlowReturn wait_for_client();
  /// Lets clients read what was published last, then tells them that it was the last.
  void say_goodbye();
  void set_tags(GstTagList* tags);

  // Any thread.
  SinkSettings settings() const;
  /// Changes settings by `change`, which gets them under a lock.
  template <class Change>
  void edit(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }
  bool is_open() const;
  std::uint32_t client_count() const { return clients_.load(std::memory_order_relaxed); }
  GstStructure* stats() const;

 private:
  bool open();
  void close();
  /// What `look` says of the settings, which it gets under a lock.
  template <class Look>
  auto read(const Look& look) const {
    const std::lock_guard lock(mutex_);
    return look(settings_);
  }
  std::shared_ptr<Host> host() const;
  bool has_listener() const;
  std::int64_t captured_ns(GstBuffer* buffer);
  BufferTimes times_of(GstBuffer* buffer);
  bool is_on_time();
  void tell(HostService::Change change, const HostClient& client);

  GstVideoSink* const element_;
  mutable std::mutex mutex_;  ///< guards the two below; a leaf
  SinkSettings settings_;
  std::shared_ptr<Host> host_;

  ClientNews news_;
  SinkCounters counters_;
  HostService service_;
  std::atomic<std::uint32_t> clients_{0};
  std::mutex wait_mutex_;  ///< a leaf, for `wake_`
  std::condition_variable wake_;
  bool flushing_ = false;  ///< under wait_mutex_, as the next
  bool listened_ = false;  ///< one of those that are connected has joined

  // The streaming thread's own, or the state change's while there is none.
  Publisher publisher_{counters_};
  ClockMap clock_;
  Rotation rotation_ = Rotation::none;
  std::int64_t stamp_shift_ns_ = 0;  ///< how far before the beginning a DTS was
  bool has_format_ = false;
  std::optional<bool> upstream_live_;
};

}  // namespace vsl::gst
