// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <string>

#include "base/unique_fd.hpp"

namespace vsl::untrusted {

/// Nothing that can be done with the descriptor changes the size of its memory.
inline void expect_size_is_fixed(int fd) {
  EXPECT_NE(::ftruncate(fd, 0), 0);
  EXPECT_NE(::ftruncate(fd, 1 << 24), 0);
  EXPECT_NE(::fallocate(fd, 0, 1 << 24, 4096), 0);
  EXPECT_NE(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
}

/// Nor its bytes.
inline void expect_untouchable(int fd) {
  constexpr std::size_t kPage = 4096;
  expect_size_is_fixed(fd);
  EXPECT_EQ(::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
  void* view = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0);
  ASSERT_NE(view, MAP_FAILED);
  EXPECT_NE(::mprotect(view, kPage, PROT_READ | PROT_WRITE), 0);
  EXPECT_NE(::madvise(view, kPage, MADV_REMOVE), 0);
  ::munmap(view, kPage);
  EXPECT_LT(::pwrite(fd, "x", 1, 0), 0);
  EXPECT_NE(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kPage), 0);
}

inline UniqueFd reopen(int fd, int flags) {
  return UniqueFd(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), flags | O_CLOEXEC));
}

}  // namespace vsl::untrusted
