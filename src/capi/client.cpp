// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "capi/guard.hpp"
#include "capi/received_frames.hpp"

using vsl::Error;
using vsl::Result;
namespace capi = vsl::capi;

namespace {

constexpr std::int64_t kDefaultTimeoutNs = 1'000'000'000;

}  // namespace

/// What stands behind a VSLClient.
struct vsl_client {
  std::string path;
  void* userptr = nullptr;
  std::atomic<std::int64_t> timeout_ns{kDefaultTimeoutNs};
  std::shared_ptr<capi::ReceivedFrames> frames;
};

namespace {

vsl::ClientOptions options_of_c(bool reconnect) {
  vsl::ClientOptions options;
  options.policy = vsl::Policy::in_order();
  options.reconnect = reconnect;
  constexpr std::chrono::nanoseconds kForEver(-1);
  if (reconnect) options.connect_timeout = kForEver;
  // As release 2.5 mapped frames; a host that publishes read-only grants only that.
  options.access = vsl::Access::read_write;
  return options;
}

/// Programs of release 2.5 know one reason for a host that cannot be reached.
Error as_refused(Error error) {
  const int reasons[] = {EINVAL, ENAMETOOLONG, ENOMEM, EPERM, EMFILE, ENFILE, ECONNREFUSED};
  const bool keep =
      std::find(std::begin(reasons), std::end(reasons), error.to_errno()) != std::end(reasons);
  return keep ? error : Error::of(std::errc::connection_refused, error.message());
}

std::int64_t timeout_of(float seconds) {
  constexpr double kLongestSeconds = 1e9;
  if (!(seconds >= 0)) return kDefaultTimeoutNs;  // NaN too
  return static_cast<std::int64_t>(std::min(double{seconds}, kLongestSeconds) * 1e9);
}

VSLClientStats to_c(const vsl::ClientStats& stats) {
  return {.size = sizeof(VSLClientStats),
          .delivered = stats.delivered,
          .skipped = stats.skipped,
          .lapped = stats.lapped,
          .gone = stats.gone,
          .no_lease = stats.no_lease,
          .unknown_buffer = stats.unknown_buffer,
          .reconnects = stats.reconnects,
          .fds_received = stats.fds_received,
          .maps = stats.maps,
          .epoch = stats.epoch,
          .wire_version = stats.wire_version,
          .reserved = 0,
          .refused = stats.refused};
}

/// For programs that were written before they could say whom they expect.
Result<void> take_environment(vsl::ClientOptions& options) {
  const char* const users = ::secure_getenv("VSL_HOST_USER");
  if (users == nullptr || *users == '\0') return {};
  auto found = vsl::parse_users(users);
  if (!found)
    return Error::of(std::errc::invalid_argument, "VSL_HOST_USER: " + found.error().where);
  options.host_uids = std::move(*found);
  return {};
}

Result<void> take_options(const VSLClientOptions* given, vsl::ClientOptions& options) {
  constexpr std::size_t kSmallest = offsetof(VSLClientOptions, reserved);
  const bool good = given != nullptr && given->size >= kSmallest &&
                    (given->host_uid_count == 0 || given->host_uids != nullptr) &&
                    given->may_fault >= VSL_MAY_FAULT_AUTO &&
                    given->may_fault <= VSL_MAY_FAULT_ACCEPT;
  if (!good) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_client_connect: no options, or what they cannot be");
  }
  options.host_uids.assign(given->host_uids, given->host_uids + given->host_uid_count);
  options.refuse_may_fault = given->may_fault == VSL_MAY_FAULT_REFUSE;
  options.accept_may_fault = given->may_fault == VSL_MAY_FAULT_ACCEPT;
  return {};
}

template <class TakeMore>
VSLClient* connect(const char* path, void* userptr, bool reconnect, TakeMore take_more) {
  return capi::guard<VSLClient*>(nullptr, [&]() -> Result<VSLClient*> {
    vsl::ClientOptions options = options_of_c(reconnect);
    VSL_CHECK(take_more(options));
    auto connected = vsl::Client::connect(path, options);
    if (!connected) return as_refused(std::move(connected).error());
    auto client = std::make_unique<VSLClient>();
    client->path = path;
    client->userptr = userptr;
    client->frames = std::make_shared<capi::ReceivedFrames>(std::move(*connected));
    return client.release();
  });
}

}  // namespace

extern "C" VSLClient* vsl_client_init(const char* path, void* userptr, bool reconnect) {
  if (path == nullptr || *path == '\0') {
    return capi::failed<VSLClient*>(nullptr, EINVAL, "vsl_client_init without a path");
  }
  return connect(path, userptr, reconnect, take_environment);
}

extern "C" VSLClient* vsl_client_connect(const char* path, void* userptr, bool reconnect,
                                         const VSLClientOptions* options) {
  if (path == nullptr || *path == '\0') {
    return capi::failed<VSLClient*>(nullptr, EINVAL, "vsl_client_connect without a path");
  }
  return connect(path, userptr, reconnect,
                 [&](vsl::ClientOptions& more) { return take_options(options, more); });
}

extern "C" void vsl_client_release(VSLClient* client) {
  if (client == nullptr) return;
  client->frames->close();
  delete client;
}

extern "C" void vsl_client_disconnect(VSLClient* client) {
  if (client == nullptr) return capi::fail(EINVAL, "vsl_client_disconnect of NULL");
  client->frames->cancel();
}

extern "C" void* vsl_client_userptr(VSLClient* client) {
  if (client == nullptr) return capi::failed<void*>(nullptr, EINVAL, "vsl_client_userptr of NULL");
  return client->userptr;
}

extern "C" const char* vsl_client_path(const VSLClient* client) {
  return client != nullptr ? client->path.c_str() : nullptr;
}

extern "C" void vsl_client_set_timeout(VSLClient* client, float timeout) {
  if (client == nullptr) return capi::fail(EINVAL, "vsl_client_set_timeout of NULL");
  // relaxed: nothing but the number is passed on
  client->timeout_ns.store(timeout_of(timeout), std::memory_order_relaxed);
}

extern "C" int vsl_client_stats(const VSLClient* client, VSLClientStats* stats) {
  if (client == nullptr || stats == nullptr || stats->size < sizeof stats->size) {
    return capi::failed(-1, EINVAL, "vsl_client_stats: no client, no struct, or no size in it");
  }
  return capi::guard_status([&]() -> Result<void> {
    VSLClientStats filled = to_c(client->frames->stats());
    filled.size = std::min(stats->size, sizeof filled);
    std::memcpy(stats, &filled, filled.size);
    return {};
  });
}

extern "C" VSLFrame* vsl_frame_wait(VSLClient* client, int64_t until) {
  if (client == nullptr) return capi::failed<VSLFrame*>(nullptr, EINVAL, "vsl_frame_wait of NULL");
  return capi::guard<VSLFrame*>(nullptr, [&]() -> Result<VSLFrame*> {
    // relaxed: as above
    const auto timeout_ns = client->timeout_ns.load(std::memory_order_relaxed);
    VSL_TRY(VSLFrame* const frame, client->frames->wait(until, timeout_ns));
    if (frame == nullptr) capi::fail(ETIMEDOUT, "wait for a frame");
    return frame;
  });
}

extern "C" int vsl_frame_trylock(VSLFrame* frame) {
  if (frame == nullptr) return capi::failed(-1, EINVAL, "vsl_frame_trylock of NULL");
  if (frame->received == nullptr) return 0;
  return capi::guard_status([&] { return frame->received->lock(*frame); });
}

extern "C" int vsl_frame_unlock(VSLFrame* frame) {
  if (frame == nullptr) return capi::failed(-1, EINVAL, "vsl_frame_unlock of NULL");
  if (frame->received == nullptr) {
    if (frame->posted == nullptr) vsl_frame_munmap(frame);
    return 0;
  }
  return capi::guard_status([&] { return frame->received->unlock(*frame); });
}

extern "C" int vsl_frame_valid(const VSLFrame* frame) {
  if (frame == nullptr) return capi::failed(0, EINVAL, "vsl_frame_valid of NULL");
  if (frame->received != nullptr) return frame->received->valid(*frame) ? 1 : 0;
  return frame->main_buffer() != nullptr ? 1 : 0;
}
