// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/cache_lines.hpp"
#include "base/memfd.hpp"
#include "ipc/wake_judge.hpp"
#include "wire/v2_layout.hpp"

namespace vsl::ipc {

/// The futex word of clients that trust each other (one uid, or one client), alone on its page:
/// who can map a futex word can move its waiters elsewhere. docs/spec/wire-v2.md#chime
class ChimeGroup {
 public:
  static Result<std::shared_ptr<ChimeGroup>> create(std::uint32_t number, uid_t uid);

  std::uint32_t number() const noexcept { return number_; }
  uid_t uid() const noexcept { return uid_; }
  int fd() const noexcept { return memory_.fd.get(); }

  void add_client() noexcept { clients_.fetch_add(1, std::memory_order_relaxed); }
  void remove_client() noexcept { clients_.fetch_sub(1, std::memory_order_relaxed); }
  std::uint32_t clients() const noexcept { return clients_.load(std::memory_order_relaxed); }

  /// Changes the word: a client that is about to sleep does not.
  void ring(std::uint32_t value) noexcept;
  /// Asks for the word, which its readers have.
  void fetch_ahead() const noexcept { fetch_to_write(&chime_->word, 1); }
  /// Wakes as many as the group can honestly have, two a client and `spare`, and watches what that
  /// costs. `since_ns`: the caller's last reading of the clock, a moment ago.
  void wake(std::int64_t since_ns, std::uint32_t spare) noexcept;
  /// Wakes everyone, at any price: the host ends.
  void wake_all() noexcept;
  /// Its waiters go on making waking expensive: they are to be disconnected.
  bool too_costly() const noexcept { return judge_.too_costly(); }

 private:
  ChimeGroup(std::uint32_t number, uid_t uid) : number_(number), uid_(uid) {}

  std::uint32_t number_;
  uid_t uid_;
  Memfd memory_;
  wire::v2::Chime* chime_ = nullptr;
  std::atomic<std::uint32_t> clients_{0};
  WakeJudge judge_;
};

}  // namespace vsl::ipc
