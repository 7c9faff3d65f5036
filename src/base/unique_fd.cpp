// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/assert.hpp"

namespace vsl {

void UniqueFd::reset() noexcept {
  if (fd_ < 0) return;
  const int saved = errno;  // a destructor on an error path must not change what is reported
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) VSL_ASSERT(errno != EBADF);
  errno = saved;
}

Result<UniqueFd> UniqueFd::duplicate(int fd) {
  constexpr int kFirstAfterStdio = 3;
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, kFirstAfterStdio);
  if (copy < 0) return Error::last("duplicate fd " + std::to_string(fd));
  return UniqueFd(copy);
}

}  // namespace vsl
