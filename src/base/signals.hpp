// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

namespace vsl {

/// Whether every handler of a signal that this process has is one with SA_RESTART. For waits that
/// the kernel ends with EINTR after any handler (poll, a futex with a time limit; signal(7)): which
/// one it was cannot be found out afterwards. Where it is false the wait is to end, as one that
/// ended too soon is begun again by whoever waits, and one that never ends cannot be stopped.
bool all_handlers_restart() noexcept;

}  // namespace vsl
