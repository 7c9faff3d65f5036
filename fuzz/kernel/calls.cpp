// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Of descriptors and memory; those of sockets and paths have files of their own.
#include "kernel/calls.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string_view>

#include "kernel/memory.hpp"
#include "kernel/socket.hpp"
#include "support/check.hpp"
#include "support/closing.hpp"

namespace vsl::fuzz::kernel {

bool simulated() {
  static const bool kSmall = [] {
    const char* const wanted = std::getenv("VSL_FUZZ_KERNEL");
    return wanted != nullptr && std::string_view(wanted) == "small";
  }();
  return kSmall;
}

int poll_files(pollfd* fds, nfds_t count) {
  int ready = 0;
  for (pollfd& each : std::span(fds, count)) {
    each.revents = 0;
    if (each.fd < 0) continue;
    const File* const file = find(each.fd);
    VSL_MUST(file != nullptr);
    const auto wanted = static_cast<std::uint32_t>(each.events) | EPOLLERR | EPOLLHUP;
    each.revents = static_cast<short>(file->events() & wanted);
    if (each.revents != 0) ++ready;
  }
  return ready;
}

}  // namespace vsl::fuzz::kernel

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
using namespace vsl::fuzz::kernel;

extern "C" {

VSL_REAL(int, close, int fd) {
  const File* const file = is_ours(fd) ? find(fd) : nullptr;
  const bool blocks = file != nullptr ? file->blocks_when_closed() : vsl::fuzz::is_blocker(fd);
  VSL_MUST(!blocks || vsl::fuzz::may_block_now());
  return is_ours(fd) ? answer(close_descriptor(fd)) : __real_close(fd);
}

VSL_REAL(ssize_t, read, int fd, void* to, std::size_t bytes) {
  if (!is_ours(fd)) return __real_read(fd, to, bytes);
  File* const file = find(fd);
  return answer(file != nullptr ? file->read(to, bytes) : -EBADF);
}

VSL_REAL(ssize_t, preadv2, int fd, const iovec* parts, int count, off_t offset, int flags) {
  if (!is_ours(fd)) return __real_preadv2(fd, parts, count, offset, flags);
  File* const file = find(fd);
  if (file == nullptr) return answer<ssize_t>(-EBADF);
  if (!file->knows_nowait()) return answer<ssize_t>(-EOPNOTSUPP);
  return answer(file->read(parts[0].iov_base, parts[0].iov_len));
}

VSL_REAL(ssize_t, write, int fd, const void* from, std::size_t bytes) {
  if (!is_ours(fd)) return __real_write(fd, from, bytes);
  File* const file = find(fd);
  return answer(file != nullptr ? file->write(from, bytes) : -EBADF);
}

VSL_REAL(ssize_t, pwrite, int fd, const void* from, std::size_t bytes, off_t offset) {
  if (!is_ours(fd)) return __real_pwrite(fd, from, bytes, offset);
  return answer(memory_write_at(fd, from, bytes, offset));
}

VSL_REAL(int, epoll_create1, int flags) {
  return simulated() ? install(make_epoll()) : __real_epoll_create1(flags);
}

VSL_REAL(int, epoll_ctl, int epoll, int operation, int fd, epoll_event* event) {
  if (!is_ours(epoll)) return __real_epoll_ctl(epoll, operation, fd, event);
  return answer(epoll_change(epoll, operation, fd, event));
}

VSL_REAL(int, epoll_wait, int epoll, epoll_event* events, int most, int timeout_ms) {
  if (!is_ours(epoll)) return __real_epoll_wait(epoll, events, most, timeout_ms);
  return answer(epoll_look(epoll, events, most));
}

VSL_REAL(int, eventfd, unsigned count, int flags) {
  return simulated() ? install(make_eventfd(count)) : __real_eventfd(count, flags);
}

VSL_REAL(int, timerfd_create, int clock, int flags) {
  return simulated() ? install(make_timerfd()) : __real_timerfd_create(clock, flags);
}

VSL_REAL(int, timerfd_settime, int fd, int flags, const itimerspec* when, itimerspec* before) {
  if (!is_ours(fd)) return __real_timerfd_settime(fd, flags, when, before);
  return answer(set_timer(fd, when->it_value.tv_sec * 1'000'000'000 + when->it_value.tv_nsec));
}

VSL_REAL(int, pipe2, int* ends, int flags) {
  if (!simulated()) return __real_pipe2(ends, flags);
  ends[0] = install(make_thing(S_IFIFO | 0600, O_RDONLY, "pipe:[1]"));
  ends[1] = install(make_thing(S_IFIFO | 0600, O_WRONLY, "pipe:[1]"));
  return 0;
}

VSL_REAL(int, memfd_create, const char* name, unsigned flags) {
  if (!simulated()) return __real_memfd_create(name, flags);
  return install(make_memory(std::string("/memfd:") + name + " (deleted)",
                             (flags & ~static_cast<unsigned>(MFD_CLOEXEC)) != 0));
}

VSL_REAL(int, ftruncate, int fd, off_t bytes) {
  return is_ours(fd) ? answer(memory_resize(fd, bytes)) : __real_ftruncate(fd, bytes);
}

VSL_REAL(int, fallocate, int fd, int mode, off_t offset, off_t bytes) {
  if (!is_ours(fd)) return __real_fallocate(fd, mode, offset, bytes);
  return answer(memory_allocate(fd, mode, offset, bytes));
}

VSL_REAL(int, fchmod, int fd, mode_t mode) {
  return is_ours(fd) ? answer(memory_set_mode(fd, mode)) : __real_fchmod(fd, mode);
}

VSL_REAL(int, fstat, int fd, struct stat* status) {
  if (!is_ours(fd)) return __real_fstat(fd, status);
  const File* const file = find(fd);
  if (file == nullptr) return answer(-EBADF);
  *status = {};
  file->describe(*status);
  return 0;
}

VSL_REAL(int, statx, int folder, const char* path, int flags, unsigned mask, struct statx* about) {
  if (!is_ours(folder)) return __real_statx(folder, path, flags, mask, about);
  const File* const file = find(folder);
  if (file == nullptr) return answer(-EBADF);
  struct stat status {};
  file->describe(status);
  *about = {};
  about->stx_mode = static_cast<std::uint16_t>(status.st_mode);
  about->stx_size = static_cast<std::uint64_t>(status.st_size);
  about->stx_blocks = static_cast<std::uint64_t>(status.st_blocks);
  about->stx_ino = status.st_ino;
  about->stx_dev_minor = static_cast<std::uint32_t>(status.st_dev);
  return 0;
}

VSL_REAL(int, fstatfs, int fd, struct statfs* status) {
  if (!is_ours(fd)) return __real_fstatfs(fd, status);
  constexpr long kTmpfs = 0x01021994, kOther = 0x09041934;
  *status = {};
  status->f_type = memory_seals(fd) >= 0 ? kTmpfs : kOther;
  return find(fd) != nullptr ? 0 : answer(-EBADF);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  if (!is_ours(fd)) return __real_fcntl(fd, command, argument);
  const File* const file = find(fd);
  if (file == nullptr) return answer(-EBADF);
  switch (command) {
    case F_DUPFD_CLOEXEC:
      return install(share(fd));
    case F_GETFL:
      return file->flags;
    case F_GET_SEALS:
      return answer(memory_seals(fd));
    case F_ADD_SEALS:
      return answer(memory_add_seals(fd, static_cast<int>(argument)));
    default:
      return 0;
  }
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  if (!is_ours(fd)) return __real_ioctl(fd, request, argument);
  if (request != SIOCOUTQ) return answer(-ENOTTY);
  const int bytes = socket_unread(fd);
  if (bytes < 0) return answer(bytes);
  *static_cast<int*>(argument) = bytes;
  return 0;
}

VSL_REAL(void*, mmap, void* near, std::size_t bytes, int protection, int flags, int fd,
         off_t offset) {
  if (!is_ours(fd)) return __real_mmap(near, bytes, protection, flags, fd, offset);
  VSL_MUST(offset == 0 && near == nullptr);
  void* const data = map_memory(fd, bytes, protection);
  return data != nullptr ? data : MAP_FAILED;
}

VSL_REAL(int, munmap, void* data, std::size_t bytes) {
  return simulated() && unmap_memory(data, bytes) ? 0 : __real_munmap(data, bytes);
}

VSL_REAL(int, madvise, void* data, std::size_t bytes, int advice) {
  return simulated() && is_mapped(data) ? 0 : __real_madvise(data, bytes, advice);
}

int __real_poll(pollfd* fds, nfds_t count, int timeout_ms);
int __wrap_poll(pollfd* fds, nfds_t count, int timeout_ms) {
  const bool ours = count > 0 && is_ours(fds[0].fd);
  return ours ? poll_files(fds, count) : __real_poll(fds, count, timeout_ms);
}

// Its arguments are six registers, however many a caller has filled.
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (simulated() && number == SYS_setresuid) {
    become(static_cast<uid_t>(b));
    return 0;
  }
  if (simulated() && number == SYS_futex) return 0;  // nobody sleeps: there is one thread
  return __real_syscall(number, a, b, c, d, e, f);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
