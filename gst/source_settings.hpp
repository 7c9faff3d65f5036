// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <glib-object.h>

#include <cstdint>
#include <string>

#include "videostream/client.hpp"

namespace vsl::gst {

/// How vslsrc hands frames on.
enum class CopyMode { automatic, always, never };
/// What buffers are stamped with.
enum class StampMode { capture, arrival };

/// What is done with frames in memory that their host could truncate while they are read.
enum class MayFault { automatic, refuse, accept };

/// What the properties of vslsrc say.
struct SourceSettings {
  std::string path;
  float timeout_s = 1.0F;  ///< of silence; 0 = for ever
  bool timeout_is_set = false;
  bool pts = false, dts = false, reconnect = false;
  std::int64_t connect_timeout_ms = 1000;
  bool latest_only = false;
  guint max_queue = 8;
  CopyMode copy = CopyMode::automatic;
  StampMode stamps = StampMode::capture;
  guint time_slice_us = 400;  ///< 0 = as the thread has it
  std::string host_user;      ///< empty = our own and root
  MayFault may_fault = MayFault::automatic;
};

/// Errors: invalid_argument, for a host-user that is no user of this system.
Result<ClientOptions> client_options(const SourceSettings& settings, const std::string& name);

GType copy_mode_get_type();
GType stamp_mode_get_type();
GType may_fault_get_type();

}  // namespace vsl::gst
