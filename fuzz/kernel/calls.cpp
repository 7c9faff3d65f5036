// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// The C library's functions as the linker puts them in place: kernel.hpp. What is none of ours, or
// all where it is not wanted, goes to the real ones.
#include <dirent.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "kernel/file.hpp"
#include "kernel/kernel.hpp"
#include "kernel/memory.hpp"
#include "kernel/socket.hpp"
#include "support/check.hpp"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5
#endif

namespace vsl::fuzz::kernel {
namespace {

/// -errno as C has it.
template <class T>
T answer(T result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

std::string name_in(const sockaddr* address, socklen_t length) {
  constexpr std::size_t kFront = offsetof(sockaddr_un, sun_path);
  const auto* path = reinterpret_cast<const sockaddr_un*>(address)->sun_path;
  return length > kFront ? std::string(path, length - kFront) : std::string();
}

std::vector<FilePtr> attached_files(const msghdr& header) {
  std::vector<FilePtr> files;
  if (header.msg_controllen < sizeof(cmsghdr)) return files;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  for (std::size_t i = 0; i < (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof fd, sizeof fd);
    files.push_back(share(fd));
    VSL_MUST(files.back() != nullptr);  // no fuzzer sends what is not open, or not ours
  }
  return files;
}

void hand_over(std::vector<FilePtr>& files, msghdr& header) {
  const std::size_t bytes = files.size() * sizeof(int);
  header.msg_flags = 0;
  if (files.empty()) {
    header.msg_controllen = 0;
    return;
  }
  VSL_MUST(header.msg_controllen >= CMSG_SPACE(bytes));
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  *rights = {CMSG_LEN(bytes), SOL_SOCKET, SCM_RIGHTS};
  for (std::size_t i = 0; i < files.size(); ++i) {
    const int fd = install(std::move(files[i]));
    std::memcpy(CMSG_DATA(rights) + i * sizeof fd, &fd, sizeof fd);
  }
  header.msg_controllen = CMSG_SPACE(bytes);
}

/// What is at a path that the library opens in a fuzzer; null for the real kernel's.
FilePtr open_path(std::string_view path, int flags) {
  if (path == "/dev/null" || path == "/dev/zero") {
    return make_thing(S_IFCHR | 0666, flags, std::string(path));
  }
  if (path == "/") return make_thing(S_IFDIR | 0755, flags, "/");
  if (path == "/dev/shm" && (flags & O_TMPFILE) == O_TMPFILE) {
    return make_memory("/dev/shm/#1 (deleted)", false);
  }
  if (!path.starts_with("/proc/")) return nullptr;
  if (path.ends_with("/comm")) return make_text("fuzzer\n");
  if (path == "/proc/self/stat") return make_text("1 (fuzzer) R 0 1 1 0");
  return nullptr;
}

/// The number in …/fd/NUMBER; -1 for another path, or a number that is not ours.
int number_in(const char* path) {
  const char* const folder = std::strstr(path, "/fd/");
  if (folder == nullptr || std::strncmp(path, "/proc/", 6) != 0) return -1;
  const long fd = std::strtol(folder + 4, nullptr, 10);
  return fd >= kFirstDescriptor && fd <= INT32_MAX ? static_cast<int>(fd) : -1;
}

int open_file(const char* path, int flags, mode_t mode, int (*real)(const char*, int, ...)) {
  if (!simulated()) return real(path, flags, mode);
  if (const int fd = number_in(path); fd >= 0) {
    File* const file = find(fd);
    FilePtr again = file != nullptr ? file->reopen(flags) : nullptr;
    return answer(again != nullptr  ? install(std::move(again))
                  : file != nullptr ? -ENXIO
                                    : -ENOENT);
  }
  FilePtr file = open_path(path, flags);
  return file != nullptr ? install(std::move(file)) : real(path, flags, mode);
}

/// The folder of our descriptors while somebody reads it.
struct Folder {
  std::vector<int> fds;
  std::size_t next = 0;
  dirent entry{};
};

std::vector<Folder*>& open_folders() {
  static auto& instance = *new std::vector<Folder*>;
  return instance;
}

Folder* as_folder(DIR* directory) {
  const auto& all = open_folders();
  auto* const folder = reinterpret_cast<Folder*>(directory);
  return std::find(all.begin(), all.end(), folder) != all.end() ? folder : nullptr;
}

}  // namespace

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

/// The real function's declaration, and the beginning of the one in its place.
#define VSL_REAL(type, name, ...)  \
  type __real_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)

extern "C" {

VSL_REAL(int, socket, int family, int type, int protocol) {
  return simulated() ? install(make_socket()) : __real_socket(family, type, protocol);
}

VSL_REAL(int, bind, int fd, const sockaddr* address, socklen_t length) {
  if (!is_ours(fd)) return __real_bind(fd, address, length);
  return answer(socket_bind(fd, name_in(address, length)));
}

VSL_REAL(int, listen, int fd, int backlog) {
  return is_ours(fd) ? answer(socket_listen(fd, backlog)) : __real_listen(fd, backlog);
}

VSL_REAL(int, connect, int fd, const sockaddr* address, socklen_t length) {
  if (!is_ours(fd)) return __real_connect(fd, address, length);
  return answer(socket_connect(fd, name_in(address, length)));
}

VSL_REAL(int, accept4, int fd, sockaddr* address, socklen_t* length, int flags) {
  return is_ours(fd) ? answer(socket_accept(fd)) : __real_accept4(fd, address, length, flags);
}

VSL_REAL(ssize_t, sendmsg, int fd, const msghdr* header, int flags) {
  if (!is_ours(fd)) return __real_sendmsg(fd, header, flags);
  const iovec& part = header->msg_iov[0];
  return answer(socket_send(fd, {static_cast<const std::byte*>(part.iov_base), part.iov_len},
                            attached_files(*header)));
}

VSL_REAL(ssize_t, recvmsg, int fd, msghdr* header, int flags) {
  if (!is_ours(fd)) return __real_recvmsg(fd, header, flags);
  InFlight packet;
  const ssize_t size = socket_receive(fd, packet);
  if (size < 0) return answer(size);
  const iovec& part = header->msg_iov[0];
  const std::size_t some = std::min(part.iov_len, packet.bytes.size());
  std::copy_n(packet.bytes.data(), some, static_cast<std::byte*>(part.iov_base));
  hand_over(packet.files, *header);
  if (some < packet.bytes.size()) header->msg_flags |= MSG_TRUNC;
  return static_cast<ssize_t>(some);
}

VSL_REAL(ssize_t, recv, int fd, void* to, std::size_t bytes, int flags) {
  if (!is_ours(fd)) return __real_recv(fd, to, bytes, flags);
  InFlight packet;
  const ssize_t size = socket_receive(fd, packet);
  if (size < 0) return answer(size);
  const std::size_t some = std::min(bytes, packet.bytes.size());
  std::copy_n(packet.bytes.data(), some, static_cast<std::byte*>(to));
  return static_cast<ssize_t>(some);
}

VSL_REAL(int, shutdown, int fd, int how) {
  return is_ours(fd) ? answer(socket_shutdown(fd, how)) : __real_shutdown(fd, how);
}

VSL_REAL(int, getsockopt, int fd, int level, int option, void* value, socklen_t* length) {
  if (!is_ours(fd)) return __real_getsockopt(fd, level, option, value, length);
  if (option == SO_PEERCRED) return answer(socket_peer(fd, *static_cast<ucred*>(value)));
  if (option != SO_PEERPIDFD && option != SO_SNDBUF) return answer(-ENOPROTOOPT);
  const int result = option == SO_SNDBUF ? socket_send_room(fd)
                                         : install(make_thing(0600, O_RDWR, "anon_inode:[pidfd]"));
  if (result < 0) return answer(result);
  *static_cast<int*>(value) = result;
  return 0;
}

VSL_REAL(int, setsockopt, int fd, int level, int option, const void* value, socklen_t length) {
  if (!is_ours(fd)) return __real_setsockopt(fd, level, option, value, length);
  if (option != SO_SNDBUF) return 0;
  return answer(socket_set_send_room(fd, *static_cast<const int*>(value)));
}

VSL_REAL(int, close, int fd) {
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

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_file(path, flags, mode, __real_open);
}

VSL_REAL(ssize_t, readlink, const char* path, char* target, std::size_t bytes) {
  const int fd = simulated() ? number_in(path) : -1;
  if (fd < 0) return __real_readlink(path, target, bytes);
  const File* const file = find(fd);
  if (file == nullptr) return answer<ssize_t>(-ENOENT);
  const std::string link = file->link();
  return static_cast<ssize_t>(link.copy(target, bytes));
}

VSL_REAL(DIR*, opendir, const char* path) {
  const std::string_view name(path);
  if (!simulated() || !name.starts_with("/proc/") || !name.ends_with("/fd")) {
    return __real_opendir(path);
  }
  open_folders().push_back(new Folder{descriptors()});
  return reinterpret_cast<DIR*>(open_folders().back());
}

VSL_REAL(dirent*, readdir, DIR* directory) {
  Folder* const folder = as_folder(directory);
  if (folder == nullptr) return __real_readdir(directory);
  if (folder->next == folder->fds.size()) return nullptr;
  const std::string name = std::to_string(folder->fds[folder->next++]);
  folder->entry.d_name[name.copy(folder->entry.d_name, sizeof folder->entry.d_name - 1)] = '\0';
  return &folder->entry;
}

VSL_REAL(int, closedir, DIR* directory) {
  Folder* const folder = as_folder(directory);
  if (folder == nullptr) return __real_closedir(directory);
  std::erase(open_folders(), folder);
  delete folder;
  return 0;
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
