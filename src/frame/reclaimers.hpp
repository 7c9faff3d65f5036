// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "videostream/frame.hpp"

namespace vsl {

/// The hosts that show frames of one owner of buffers, asked when it needs some back. Thread-safe.
class Reclaimers {
 public:
  void add(std::weak_ptr<Reclaimer> reclaimer);

  /// Asks each in turn; with `starving` only until `has_free` says that something came back. Called
  /// without our lock, for hosts give frames back from within.
  template <class HasFree>
  void ask(const FrameOwner* owner, bool starving, HasFree&& has_free) noexcept {
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) {
      if (const auto reclaimer = at(i)) reclaimer->reclaim(owner, starving);
      if (starving && has_free()) return;  // what other hosts show may stay
    }
  }

 private:
  std::size_t size() noexcept;
  std::shared_ptr<Reclaimer> at(std::size_t index) noexcept;

  std::mutex mutex_;  ///< leaf: nothing else is locked and no system call made under it
  std::vector<std::weak_ptr<Reclaimer>> reclaimers_;
};

}  // namespace vsl
