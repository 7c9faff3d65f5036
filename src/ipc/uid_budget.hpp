// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace vsl::ipc {

/// Grants each uid so much of something a second, and some of it at once: a leaky bucket per uid.
/// Of more uids than it has places for, those that ask least are forgotten, which grants them what
/// they had anyway. Thread-confined.
class UidBudget {
 public:
  UidBudget(std::int64_t per_second, std::int64_t at_once) noexcept
      : each_ns_(1'000'000'000 / per_second), most_ns_(at_once * each_ns_) {}

  /// Whether this uid may have one more now.
  bool take(uid_t uid, std::int64_t now_ns) noexcept {
    Account& account = of(uid);
    const std::int64_t used_ns = std::max(account.empty_ns, now_ns) + each_ns_;
    if (used_ns - now_ns > most_ns_) return false;
    account.empty_ns = used_ns;
    return true;
  }

 private:
  struct Account {
    uid_t uid = 0;
    std::int64_t empty_ns = 0;  ///< when what it took has leaked away
  };

  Account& of(uid_t uid) noexcept {
    const auto known = std::find_if(accounts_.begin(), accounts_.end(),
                                    [&](const Account& account) { return account.uid == uid; });
    if (known != accounts_.end()) return *known;
    const auto idlest =
        std::min_element(accounts_.begin(), accounts_.end(),
                         [](const auto& a, const auto& b) { return a.empty_ns < b.empty_ns; });
    *idlest = {uid, 0};
    return *idlest;
  }

  std::int64_t each_ns_, most_ns_;
  std::array<Account, 64> accounts_{};
};

}  // namespace vsl::ipc
