// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/capi_access.hpp"

#include <poll.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "ipc/client_impl.hpp"
#include "ipc/host_impl.hpp"

namespace vsl::ipc {

Result<std::uint64_t> publish_for_c(Host& host, Frame&& frame, std::int64_t expires_ns,
                                    bool folded_stride, std::int64_t lock_timeout_ns,
                                    std::int64_t& published_ns) {
  return guarded("publish", [&] {
    return host.impl().publish(
        std::move(frame),
        {.expires_ns = expires_ns, .folded_stride = folded_stride, .published_ns = &published_ns},
        lock_timeout_ns);
  });
}

Result<Frame> withdraw_for_c(Host& host, std::uint64_t serial, std::int64_t lock_timeout_ns) {
  return host.impl().withdraw(serial, lock_timeout_ns);
}

Result<int> poll_host(Host& host, int wait_ms) {
  std::vector<pollfd> fds;
  for (const int socket : host.impl().sockets()) fds.push_back({socket, POLLIN, 0});
  const std::int64_t now_ns = monotonic_ns();
  std::int64_t until_ns = deadline_after(now_ns, std::int64_t{wait_ms} * 1'000'000);
  // Not beyond the time at which a frame expires: process() is due then.
  until_ns = std::min(until_ns, std::max(host.impl().next_deadline_ns(), now_ns));
  const timespec limit = to_timespec(until_ns - now_ns);
  const int ready =
      ::ppoll(fds.data(), fds.size(), until_ns == INT64_MAX ? nullptr : &limit, nullptr);
  if (ready < 0) return Error::last("poll the clients of " + host.path());
  return ready;
}

Result<void> service_socket(Host& host, int socket, std::int64_t lock_timeout_ns) {
  return host.impl().service(socket, lock_timeout_ns);
}

Result<void> process_host(Host& host, std::int64_t lock_timeout_ns) {
  return host.impl().process(lock_timeout_ns);
}

std::vector<int> host_sockets(const Host& host) { return host.impl().sockets(); }

Result<std::optional<Lease>> wait_frame_for_c(Client& client, std::int64_t until_ns,
                                              std::int64_t timeout_ns) {
  const std::int64_t deadline_ns = timeout_ns == 0 ? 0 : deadline_after(monotonic_ns(), timeout_ns);
  return client.impl().wait(deadline_ns, Client::Impl::Delivery::as_announced, until_ns);
}

LeaseToken lease_token(const Lease& lease) {
  if (lease.session()->version != 2) return {};
  const auto& session = static_cast<const SessionV2&>(*lease.session());
  return {lease.session()->records[lease.index()].word, session.epoch()};
}

Result<Lease> lease_again(Client& client, const LeaseToken& token) {
  return client.impl().lease_again(token.word, token.epoch);
}

Result<void> confirm_lease(Client& client, Lease& lease, std::int64_t timeout_ns) {
  if (lease.session()->version == 2) return {};  // the ledger tells the host
  return client.impl().confirm(lease, deadline_after(monotonic_ns(), timeout_ns));
}

bool lease_legacy_stride(const Lease& lease) {
  const auto& record = lease.session()->records[lease.index()];
  return (record.description.flags & wire::v2::kFlagFoldedStride) != 0;
}

std::shared_ptr<Buffer> lease_buffer(const Lease& lease, std::size_t index) {
  return lease.session()->records[lease.index()].buffers[index]->buffer;
}

}  // namespace vsl::ipc
