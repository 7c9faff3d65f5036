// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cerrno>

#include "kernel/file.hpp"
#include "kernel/kernel.hpp"

/// For the C library's functions as the linker puts them in place: what is none of ours, or all
/// where it is not wanted, goes to the real ones.
namespace vsl::fuzz::kernel {

/// -errno as C has it.
template <class T>
T answer(T result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace vsl::fuzz::kernel

/// The real function's declaration, and the beginning of the one in its place.
#define VSL_REAL(type, name, ...)  \
  type __real_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)
