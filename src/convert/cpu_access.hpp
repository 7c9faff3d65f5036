// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>

#include "convert/backend.hpp"

namespace vsl::convert {

/// CPU access to the memory of a job's pictures, begun or suspended for as long as this lives.
class CpuAccess {
 public:
  /// For work of the CPU: begins it where it has not begun.
  static Result<CpuAccess> begin(const Job& job);
  /// For work of a device: ends it where it has begun.
  static Result<CpuAccess> suspend(const Job& job);
  CpuAccess(CpuAccess&& other) noexcept;
  CpuAccess& operator=(CpuAccess&&) = delete;
  ~CpuAccess();

 private:
  struct Use {
    const Buffer* buffer;
    Access access;
  };
  explicit CpuAccess(bool begun) : begun_(begun) {}
  template <class Byte>
  Result<void> add(const RawPicture<Byte>& picture, Access access);
  Result<void> change(const Use& use, bool begin) const;

  bool begun_;
  std::size_t count_ = 0;
  std::array<Use, 2 * kMaxPlanes> uses_{};
};

}  // namespace vsl::convert
