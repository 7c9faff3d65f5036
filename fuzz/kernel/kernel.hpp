// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <poll.h>

#include <cstddef>

/// A stand-in for the part of Linux that a host and its clients talk to: sockets with descriptors
/// in flight, memfds with seals, eventfds, timers, epoll. It lives in the fuzzer's process, which
/// spares an execution its few hundred system calls; the linker puts it in place of the C library's
/// functions (--wrap). It is used where VSL_FUZZ_KERNEL=small is in the environment, and the real
/// kernel otherwise, by the same program: what the one found is replayed on the other.
///
/// Memory is real: memfds of the kernel's, made once and mapped once, read-only where the mapping
/// is, and zeroed when they are "made" again. What is not mapped any more is poisoned.
namespace vsl::fuzz::kernel {

/// Whether this process uses it.
bool simulated();

/// poll() that does not wait, of descriptors that are all its own.
int poll_files(pollfd* fds, nfds_t count);

/// Descriptors that are open, and mappings of memory named vsl…, in it.
std::size_t open_descriptors();
std::size_t bus_mappings();

}  // namespace vsl::fuzz::kernel
