// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/gstvideosink.h>

#include <deque>
#include <mutex>
#include <utility>

#include "videostream/host.hpp"

namespace vsl::gst {

/// Hands what becomes of clients to the application, in order. Its signal handlers run on a thread
/// of GStreamer's that nobody waits for: they may take their time, or change the element's state.
/// Thread-safe. Belongs to the element, which lives for as long as something is to be told.
class ClientNews {
 public:
  explicit ClientNews(GstVideoSink* element) : element_(element) {}
  void tell(bool added, const HostClient& client);

 private:
  static void tell_all(GstElement*, gpointer self);

  GstVideoSink* const element_;
  std::mutex mutex_;  ///< guards the two below; a leaf
  std::deque<std::pair<bool, HostClient>> waiting_;
  bool is_telling_ = false;
};

}  // namespace vsl::gst
