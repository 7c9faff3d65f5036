// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/host_object.hpp"

#include <algorithm>
#include <limits>

#include "base/clock.hpp"
#include "capi/guard.hpp"
#include "ipc/capi_access.hpp"

using vsl::Error;
using vsl::Result;
namespace capi = vsl::capi;

namespace {

vsl::HostOptions options_of_c() {
  // As clients of release 2.5 map frames.
  vsl::HostOptions options{.access = vsl::Access::read_write};
  // Hosts of release 2.5 turned nobody away, and the C API has no way to ask for more.
  constexpr std::uint32_t kMostClients = 1024;
  options.max_clients = kMostClients;
  return options;
}

}  // namespace

extern "C" VSLHost* vsl_host_init(const char* path) {
  if (path == nullptr || *path == '\0') {
    return capi::failed<VSLHost*>(nullptr, EINVAL, "vsl_host_init without a path");
  }
  return capi::guard<VSLHost*>(nullptr, [&]() -> Result<VSLHost*> {
    VSL_TRY(vsl::Host host, vsl::Host::listen(path, options_of_c()));
    return std::make_unique<VSLHost>(std::move(host), path).release();
  });
}

extern "C" void vsl_host_release(VSLHost* host) { delete host; }

extern "C" const char* vsl_host_path(const VSLHost* host) {
  return host != nullptr ? host->path.c_str() : nullptr;
}

extern "C" int vsl_host_poll(VSLHost* host, int64_t wait) {
  if (host == nullptr) return capi::failed(-1, EINVAL, "vsl_host_poll of NULL");
  const auto wait_ms =
      static_cast<int>(std::clamp<int64_t>(wait, -1, std::numeric_limits<int>::max()));
  return capi::guard<int>(-1, [&] { return vsl::ipc::poll_host(host->host, wait_ms); });
}

extern "C" int vsl_host_service(VSLHost* host, int sock) {
  if (host == nullptr) return capi::failed(-1, EINVAL, "vsl_host_service of NULL");
  return capi::guard_status(
      [&] { return vsl::ipc::service_socket(host->host, sock, capi::kLockTimeoutNs); });
}

extern "C" int vsl_host_process(VSLHost* host) {
  if (host == nullptr) return capi::failed(-1, EINVAL, "vsl_host_process of NULL");
  return capi::guard_status(
      [&] { return vsl::ipc::process_host(host->host, capi::kLockTimeoutNs); });
}

extern "C" int vsl_host_sockets(VSLHost* host, size_t n_sockets, int* sockets,
                                size_t* max_sockets) {
  if (host == nullptr) return capi::failed(-1, EINVAL, "vsl_host_sockets of NULL");
  return capi::guard_status([&]() -> Result<void> {
    const std::vector<int> live = vsl::ipc::host_sockets(host->host);
    if (max_sockets != nullptr) *max_sockets = live.size();
    if (sockets != nullptr) std::copy_n(live.begin(), std::min(n_sockets, live.size()), sockets);
    return {};
  });
}

extern "C" int vsl_host_post(VSLHost* host, VSLFrame* frame, int64_t expires, int64_t duration,
                             int64_t pts, int64_t dts) {
  return capi::guard_status([&]() -> Result<void> {
    if (host == nullptr || frame == nullptr) {
      return Error::of(std::errc::invalid_argument, "vsl_host_post without host or frame");
    }
    if (!frame->is_own()) {
      return Error::of(std::errc::invalid_argument,
                       frame->posted ? "vsl_host_post of a frame that is posted already"
                                     : "vsl_host_post of a received frame; attach its handle to a "
                                       "frame of your own");
    }
    if (frame->main_buffer() == nullptr) {
      return Error::of(std::errc::bad_file_descriptor,
                       "vsl_host_post of a frame without memory; allocate or attach some");
    }
    return host->posted->post(frame, {.published_ns = vsl::monotonic_ns(),
                                      .pts_ns = pts,
                                      .dts_ns = dts,
                                      .duration_ns = duration,
                                      .expires_ns = expires});
  });
}

extern "C" int vsl_host_drop(VSLHost* host, VSLFrame* frame) {
  if (host == nullptr || frame == nullptr) {
    return capi::failed(-1, EINVAL, "vsl_host_drop without host or frame");
  }
  return capi::guard_status([&] { return host->posted->drop(frame, capi::kLockTimeoutNs); });
}
