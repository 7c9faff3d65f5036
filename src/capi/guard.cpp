// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/guard.hpp"

#include <array>
#include <cstdio>
#include <cstring>

#include "videostream.h"

namespace vsl::capi {
namespace {

// Its place is there before there is anything to say: that memory is out is said without any.
constexpr std::size_t kMostBytes = 512;

char* sentence() noexcept {
  static thread_local std::array<char, kMostBytes> text{};
  return text.data();
}

}  // namespace

void fail(int errnum, const char* where) noexcept {
  const char* const why = ::strerrordesc_np(errnum);
  std::snprintf(sentence(), kMostBytes, "%s: %s", where, why != nullptr ? why : "unknown error");
  errno = errnum;
}

void fail(const Error& error) noexcept {
  fail(error.to_errno() != 0 ? error.to_errno() : EIO, error.where.c_str());
}

}  // namespace vsl::capi

extern "C" const char* vsl_last_error(void) { return vsl::capi::sentence(); }
