// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace vsl::v4l2 {

/// A fixed field of a driver's answer as text, also when it is full and so has no end. Names come
/// from USB devices too and go to terminals: control characters become '?'.
template <class Byte, std::size_t size>
std::string driver_text(const Byte (&field)[size]) {
  static_assert(sizeof(Byte) == 1);
  std::string text(field, std::find(field, field + size, Byte{0}));
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), is_control, '?');
  return text;
}

}  // namespace vsl::v4l2
