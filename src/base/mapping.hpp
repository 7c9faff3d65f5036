// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/fork_guard.hpp"
#include "videostream/result.hpp"

namespace vsl {

/// Owns one shared mapping of an fd. The bytes are valid while the Mapping lives.
class Mapping {
 public:
  enum class Mode { read, read_write };
  struct Options {
    Mode mode = Mode::read;
    std::uint64_t offset_bytes = 0;
    bool populate = false;   ///< fault the pages in now rather than one by one later
    bool dont_fork = false;  ///< a forked child does not inherit it
  };
  static Result<Mapping> map(int fd, std::size_t bytes, Options options);

  Mapping() = default;
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        fork_guard_(std::move(other.fork_guard_)) {}
  Mapping& operator=(Mapping other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(fork_guard_, other.fork_guard_);
    return *this;
  }
  ~Mapping();

  explicit operator bool() const noexcept { return data_ != nullptr; }
  std::byte* data() const noexcept { return static_cast<std::byte*>(data_); }
  std::size_t size() const noexcept { return bytes_; }
  std::span<std::byte> bytes() const noexcept { return {data(), bytes_}; }
  /// The start as a T; the caller has checked that it is there and large enough.
  template <class T>
  T* as() const noexcept {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::unique_ptr<ForkGuard> fork_guard_;  // of one that children do not inherit
};

}  // namespace vsl
