// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/guarded.hpp"

namespace vsl {
namespace {

std::string text_or_less(const char* text) noexcept {
  try {
    return text;
  } catch (const std::bad_alloc&) {
    return "allocate memory";  // short enough to lie in the string itself
  }
}

}  // namespace

Error out_of_memory(const char* attempt) noexcept {
  return Error::from_errno(ENOMEM, text_or_less(attempt));
}

Error caught(const std::exception& exception, const char* attempt) noexcept {
  const auto* const system = dynamic_cast<const std::system_error*>(&exception);
  const auto code = system != nullptr ? system->code() : std::make_error_code(std::errc::io_error);
  return Error{code, text_or_less(attempt)};
}

}  // namespace vsl
