// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "base/unique_fd.hpp"
#include "videostream/client.hpp"

namespace vsl::ipc {

/// The user of the host at the other end of a connected socket, if it may be one.
/// Errors: operation_not_permitted, saying who it is and how to admit it.
/// Source: unix(7) SO_PEERCRED: of who called listen(), which nobody else can say of himself.
Result<uid_t> check_host_user(const UniqueFd& socket, const std::string& path,
                              const ClientOptions& options);

/// Whether frames of this user's hosts are skipped that lie in memory which may be truncated while
/// it is read.
bool refuses_may_fault(const ClientOptions& options, uid_t host);

}  // namespace vsl::ipc
