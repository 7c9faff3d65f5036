// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <glib-object.h>

#include <cstdint>
#include <string>
#include <vector>

#include "videostream/host.hpp"

namespace vsl::gst {

/// What the properties of vslsink say.
struct SinkSettings {
  std::string path;
  std::int64_t lifespan_ms = 100;
  std::int64_t hold_limit_ms = 1000;
  guint pool_size = 8;
  guint socket_mode = 0;  ///< 0: what the umask leaves
  guint max_clients = 128;
  std::string allowed_uids, allowed_gids;  ///< numbers with commas between them
  Access access = Access::read;
  MemorySource memory = MemorySource::automatic;
  bool wait_for_client = false;
};

/// Errors: invalid_argument, naming the property.
Result<HostOptions> host_options(const SinkSettings& settings);
/// How long a frame is offered: never negative, never overflows.
std::chrono::nanoseconds lifespan_of(const SinkSettings& settings);

GType access_get_type();
GType memory_source_get_type();

/// A property's path as the library takes it: "@name" is the abstract socket "name".
std::string socket_name(const std::string& path);

}  // namespace vsl::gst
