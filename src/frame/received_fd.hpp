// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <utility>

#include "base/unique_fd.hpp"

namespace vsl {

/// A descriptor that another process sent. It is closed here when it leads to memory, which cannot
/// block; any other kind on a thread that nobody waits for (base/closer.hpp).
class ReceivedFd {
 public:
  ReceivedFd() = default;
  explicit ReceivedFd(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
  ReceivedFd(ReceivedFd&&) noexcept = default;
  ReceivedFd& operator=(ReceivedFd other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~ReceivedFd() { reset(); }

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  int get() const noexcept { return fd_.get(); }
  void reset() noexcept;
  /// For who has found out what it is, or closes it no sooner than that.
  operator UniqueFd() && noexcept { return std::move(fd_); }

 private:
  UniqueFd fd_;
};

}  // namespace vsl
