// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <vector>

#include "videostream/client.hpp"
#include "videostream/host.hpp"

/// What the C ABI does that the C++ API does not offer: 2.5's rules of servicing, ownership and
/// locking. For src/capi alone.
namespace vsl::ipc {

// --- host: errors include timed_out when another thread keeps the host's lock for so long --------

/// Publishes with an absolute expiry (0 = never, < 0 = at the next pass). `folded_stride`: the C
/// frame's stride is the row bytes summed over its planes. On an error `frame` is as it was.
Result<std::uint64_t> publish_for_c(Host& host, Frame&& frame, std::int64_t expires_ns,
                                    bool folded_stride, std::int64_t lock_timeout_ns,
                                    std::int64_t& published_ns);
Result<Frame> withdraw_for_c(Host& host, std::uint64_t serial, std::int64_t lock_timeout_ns);
/// Waits until a socket of host_sockets() is ready or a frame expires; returns how many are ready.
Result<int> poll_host(Host& host, int wait_ms);
/// Answers one message. Errors: no_message, connection_reset, bad_message, bad_file_descriptor.
Result<void> service_socket(Host& host, int socket, std::int64_t lock_timeout_ns);
Result<void> process_host(Host& host, std::int64_t lock_timeout_ns);
std::vector<int> host_sockets(const Host& host);  ///< the listener first

// --- client
// ---------------------------------------------------------------------------------------

/// As Client::wait_frame, but passes over frames published before `until_ns`, and does not lock the
/// frame at a v1 host: confirm_lease does.
Result<std::optional<Lease>> wait_frame_for_c(Client& client, std::int64_t until_ns,
                                              std::int64_t timeout_ns);
/// Names a frame beyond its lease: which life of the host, which serial, where.
struct LeaseToken {
  std::uint64_t word = 0, epoch = 0;
};
LeaseToken lease_token(const Lease& lease);
/// Errors: ESTALE (recycled, or another host by now), too_many_files_open.
Result<Lease> lease_again(Client& client, const LeaseToken& token);
/// After it the host knows of the lease. Nothing to do with a v2 host. Errors: ESTALE,
/// too_many_files_open, timed_out.
Result<void> confirm_lease(Client& client, Lease& lease, std::int64_t timeout_ns);
bool lease_legacy_stride(const Lease& lease);
/// The memory of a leased frame, which may be kept beyond the lease.
std::shared_ptr<Buffer> lease_buffer(const Lease& lease, std::size_t index);

}  // namespace vsl::ipc
