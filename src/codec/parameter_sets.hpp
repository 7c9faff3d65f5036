// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "videostream/fourcc.hpp"

namespace vsl::codec {

/// The parameter sets of a stream, as the key pictures seen last had them before them.
class ParameterSets {
 public:
  /// Takes them from a key access unit in Annex B, if it has any.
  void see(Fourcc codec, std::span<const std::byte> key_unit);
  /// In Annex B.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  /// Changes with them; 0 = none yet.
  std::uint32_t version() const noexcept { return version_; }

 private:
  std::vector<std::byte> bytes_, seen_;
  std::uint32_t version_ = 0;
};

}  // namespace vsl::codec
