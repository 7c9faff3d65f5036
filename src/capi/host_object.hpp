// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "capi/posted_frames.hpp"
#include "videostream.h"
#include "videostream/host.hpp"

namespace vsl::capi {

/// How long a C call waits for the host while other threads use it. Source: release 2.5.
inline constexpr std::int64_t kLockTimeoutNs = 250'000'000;

}  // namespace vsl::capi

/// What stands behind a VSLHost.
struct vsl_host {
  vsl_host(vsl::Host listening, std::string given_path)
      : path(std::move(given_path)),
        host(std::move(listening)),
        posted(std::make_shared<vsl::capi::PostedFrames>(host)) {}
  // The frames still posted are withdrawn here, while all members live: their callbacks run.
  ~vsl_host() { host.close(); }
  vsl_host(const vsl_host&) = delete;
  vsl_host& operator=(const vsl_host&) = delete;

  std::string path;
  vsl::Host host;
  std::shared_ptr<vsl::capi::PostedFrames> posted;
};
