// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "control_page.hpp"

namespace vsl::bench {

/// System calls that the library makes, seen with ptrace: none of the benchmark's own are in it.
struct SyscallCounts {
  double receive_per_frame = 0;  ///< client: wait_frame, plane, release
  double lock_per_pair = 0;      ///< C API: trylock + unlock
  double acquire_per_frame = 0;  ///< host: Pool::acquire
  double publish_per_frame = 0;  ///< host: Host::publish
};

/// Traces one client, then one host. Errors: operation_not_permitted where tracing is forbidden.
Result<SyscallCounts> count_syscalls(const Settings& settings);

/// What runs in the traced process.
Result<void> run_traced_client(const ControlPage& page);
Result<void> run_traced_host(const ControlPage& page);

}  // namespace vsl::bench
