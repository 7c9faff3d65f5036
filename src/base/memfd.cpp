// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/memfd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010  // Linux 5.1
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U  // Linux 6.3
#endif

namespace vsl {
namespace {

UniqueFd open_memfd(const char* name) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = ::memfd_create(name, flags | MFD_NOEXEC_SEAL);
  if (fd >= 0 || errno != EINVAL) return UniqueFd(fd);
  return UniqueFd(::memfd_create(name, flags));
}

constexpr std::uint64_t kBlockBytes = 512;             // stat(2)
constexpr unsigned long kHugetlbfsMagic = 0x958458f6;  // linux/magic.h

bool has_huge_pages(int fd) {
  struct statfs about {};
  return ::fstatfs(fd, &about) != 0 || static_cast<unsigned long>(about.f_type) == kHugetlbfsMagic;
}

/// There is nothing else: what is shared has to be sealed, and only a memfd can be.
Error no_memfd(const std::string& what) {
  const int why = errno;
  const bool forbidden = why == EPERM || why == EACCES || why == ENOSYS;
  const char* const remedy =
      " (where a seccomp profile of a container or service forbids it, allow "
      "the system call memfd_create there)";
  return Error::from_errno(why, "create " + what + (forbidden ? remedy : ""));
}

Result<void> size_memfd(int fd, std::size_t bytes, bool commit, const std::string& what) {
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) return Error::last("size " + what);
  if (!commit) return {};
  // fallocate reports what cannot be had; touching a page that cannot be had would be a SIGBUS.
  while (::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno != EINTR) return Error::last("allocate the memory of " + what);
  }
  return {};
}

}  // namespace

Result<Memfd> create_memfd(const std::string& name, std::size_t bytes, MemfdOptions options) {
  const std::string what = "memfd " + name + " (" + std::to_string(bytes) + " bytes)";
  Memfd memfd;
  memfd.fd = open_memfd(name.c_str());
  if (!memfd.fd) return no_memfd(what);
  VSL_CHECK(size_memfd(memfd.fd.get(), bytes, options.commit, what));
  if (::fchmod(memfd.fd.get(), 0400) != 0) return Error::last("restrict the mode of " + what);
  // Mapped before it is sealed: afterwards we could not map it writable ourselves.
  VSL_TRY(memfd.mapping, Mapping::map(memfd.fd.get(), bytes,
                                      {.mode = Mapping::Mode::read_write,
                                       .populate = options.commit,
                                       .dont_fork = options.dont_fork}));
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (options.peers == PeerAccess::read) seals |= F_SEAL_FUTURE_WRITE;
  if (::fcntl(memfd.fd.get(), F_ADD_SEALS, seals) != 0) return Error::last("seal " + what);
  return memfd;
}

bool lies_in_memory(int fd) noexcept { return ::fcntl(fd, F_GET_SEALS) >= 0; }

Result<ReceivedShape> inspect_shape(int fd) {
  struct statx about {};
  // DONT_SYNC: whose file it is may be a file system that never answers.
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &about) != 0) {
    return Error::last("look at fd " + std::to_string(fd));
  }
  ReceivedShape shape;
  shape.bytes = about.stx_size;
  shape.mode = about.stx_mode;
  shape.device = ::makedev(about.stx_dev_major, about.stx_dev_minor);
  shape.inode = about.stx_ino;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) return shape;
  shape.in_memory = true;
  shape.has_holes = about.stx_blocks * kBlockBytes < about.stx_size;
  shape.huge_pages = has_huge_pages(fd);
  const int size_seals = F_SEAL_SHRINK | F_SEAL_GROW;
  shape.sealed_size = (seals & size_seals) == size_seals;
  shape.sealed_write = (seals & (F_SEAL_FUTURE_WRITE | F_SEAL_WRITE)) != 0;
  return shape;
}

}  // namespace vsl
