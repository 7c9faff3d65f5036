// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/guard.hpp"

#include <string>

#include "videostream.h"

namespace vsl::capi {
namespace {

std::string& sentence() {
  static thread_local std::string text;
  return text;
}

}  // namespace

void fail(int errnum, const char* where) noexcept {
  try {
    sentence().assign(where).append(": ").append(::strerrordesc_np(errnum));
  } catch (...) {
    // Without memory for the sentence the errno still says it.
  }
  errno = errnum;
}

void fail(const Error& error) noexcept {
  const int errnum = error.to_errno() != 0 ? error.to_errno() : EIO;
  try {
    sentence() = error.message();
  } catch (...) {
    // As above.
  }
  errno = errnum;
}

}  // namespace vsl::capi

extern "C" const char* vsl_last_error(void) { return vsl::capi::sentence().c_str(); }
