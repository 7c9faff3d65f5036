// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/fourcc.hpp"

namespace vsl {

std::string Fourcc::to_string() const {
  std::string text(4, '?');
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto character = static_cast<unsigned char>(code >> (8 * i));
    if (character >= 0x20 && character < 0x7f) text[i] = static_cast<char>(character);
  }
  return text;
}

}  // namespace vsl
