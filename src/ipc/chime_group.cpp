// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/chime_group.hpp"

#include <climits>

#include "base/clock.hpp"
#include "base/futex.hpp"

namespace vsl::ipc {

Result<std::shared_ptr<ChimeGroup>> ChimeGroup::create(std::uint32_t number, uid_t uid) {
  std::shared_ptr<ChimeGroup> group(new ChimeGroup(number, uid));
  VSL_TRY(group->memory_, create_memfd("vsl:chime", sizeof(wire::v2::Chime), {}));
  group->chime_ = group->memory_.mapping.as<wire::v2::Chime>();
  return group;
}

[[gnu::hot]] void ChimeGroup::ring(std::uint32_t value) noexcept {
  chime_->word.store(value, std::memory_order_seq_cst);  // after `newest`: waiters read both
}

[[gnu::hot]] void ChimeGroup::wake(std::int64_t since_ns, std::uint32_t spare) noexcept {
  const std::uint32_t clients = this->clients();
  if (clients == 0) return;
  // Twice, for a client may have two threads asleep; no more, for each waiter costs us time.
  const int count = static_cast<int>(2 * clients + spare);
  const bool measured = judge_.wants_cpu_time();
  const std::int64_t cpu_before = measured ? clock_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
  futex_wake(chime_->word, count);
  const std::int64_t wall_ns = monotonic_ns() - since_ns;
  if (!measured && wall_ns <= WakeJudge::kCostlyNs) return;
  judge_.note(wall_ns, measured ? std::optional(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_before)
                                : std::nullopt);
}

void ChimeGroup::wake_all() noexcept { futex_wake(chime_->word, INT_MAX); }

}  // namespace vsl::ipc
