// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "base/unique_fd.hpp"

namespace vsl::ipc {

/// Serialises hosts that start on one path: the file `<path>.lock`, gone again when the start is
/// over. Only a file of our user or of root counts, so that nobody else can hold it.
class StartLock {
 public:
  enum class Wait {
    for_others,  ///< ten seconds at most
    never,
  };
  /// Errors: permission_denied (somebody else made a file of that name);
  ///         resource_unavailable_try_again (held, Wait::never); timed_out (held for ten seconds);
  ///         interrupted (a signal, while it is held); errno of creating it.
  static Result<StartLock> take(const std::string& path, Wait wait);
  StartLock(StartLock&&) noexcept = default;
  ~StartLock();

 private:
  explicit StartLock(std::string path) : path_(std::move(path)) {}
  Result<void> open();
  /// False when the file has been removed meanwhile.
  Result<bool> hold(Wait wait) const;
  Result<bool> is_named() const;

  UniqueFd fd_;
  std::string path_;
  bool held_ = false;
};

}  // namespace vsl::ipc
