// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <string>

#include "base/fork_guard.hpp"

namespace vsl {

/// Owns, once told to, the name of a POSIX shared memory object and unlinks it at the end. A forked
/// child leaves the name alone: it belongs to its parent.
class ShmName {
 public:
  ShmName() = default;
  explicit ShmName(std::string name);
  ShmName(ShmName&&) noexcept = default;
  ShmName& operator=(ShmName&&) noexcept = default;
  void own() noexcept;  ///< of one that was made with a name

 private:
  struct Unlinker {
    explicit Unlinker(std::string text) : name(std::move(text)) {}
    ~Unlinker();
    std::string name;
    bool owned = false;
    ForkGuard fork_guard;
  };
  std::unique_ptr<Unlinker> unlinker_;
};

}  // namespace vsl
