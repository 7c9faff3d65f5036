// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <utility>

#include "videostream/result.hpp"

namespace vsl {

/// Owns one file descriptor and closes it. By value in a signature: ownership moves.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { reset(); }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept;
  /// A second descriptor of the same description, close-on-exec and never 0, 1 or 2.
  static Result<UniqueFd> duplicate(int fd);

 private:
  int fd_ = -1;
};

}  // namespace vsl
