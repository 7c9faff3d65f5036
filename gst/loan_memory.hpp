// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <vector>

#include "loan.hpp"

namespace vsl::gst {

class LoanMemory;

/// The GstMemory of each of the host's buffers, kept for the next frame that lies there: what other
/// elements attached to it (an import into the GPU, a mapping) they find again. Thread-safe; memories
/// come back from any thread, and free themselves once this is gone.
class LoanMemories : public std::enable_shared_from_this<LoanMemories> {
 public:
  LoanMemories() { idle_.reserve(kMost); }
  ~LoanMemories();
  /// Memory that gives the loan back with its last user; nullptr when it cannot be wrapped.
  GstMemory* wrap(const std::shared_ptr<Loan>& loan, std::uint32_t buffer);

 private:
  friend class LoanMemory;
  struct Idle {
    GstMemory* memory;
    LoanMemory* about;
  };
  static constexpr std::size_t kMost = 16;  ///< idle ones, so that what a host dropped goes as well

  GstMemory* take_idle(const Loan& loan, std::uint32_t buffer, LoanMemory*& about);
  void keep(Idle idle) noexcept;
  static void drop(Idle idle) noexcept;

  std::mutex mutex_;  ///< a leaf
  std::vector<Idle> idle_;  ///< the oldest first
};

}  // namespace vsl::gst
