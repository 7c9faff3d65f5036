// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/mapping.hpp"

#include <sys/mman.h>

#include <string>

namespace vsl {

Result<Mapping> Mapping::map(int fd, std::size_t bytes, Options options) {
  const int protection = options.mode == Mode::read ? PROT_READ : PROT_READ | PROT_WRITE;
  const int flags = MAP_SHARED | (options.populate ? MAP_POPULATE : 0);
  void* data =
      ::mmap(nullptr, bytes, protection, flags, fd, static_cast<off_t>(options.offset_bytes));
  if (data == MAP_FAILED) {
    return Error::last("map " + std::to_string(bytes) + " bytes of fd " + std::to_string(fd) +
                       (options.mode == Mode::read ? " read-only" : " writable"));
  }
  Mapping mapping;
  mapping.data_ = data;
  mapping.bytes_ = bytes;
  if (!options.dont_fork) return mapping;
  mapping.fork_guard_ = std::make_unique<ForkGuard>();
  if (::madvise(data, bytes, MADV_DONTFORK) != 0) {
    return Error::last("keep a mapping from forked children");
  }
  return mapping;
}

Mapping::~Mapping() {
  // A child has something else at this address by now, or nothing.
  if (fork_guard_ != nullptr && fork_guard_->in_child()) return;
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace vsl
