// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

#include "injector.hpp"

/// Definitions in a program come before those of every library, so these are what the code under
/// test calls, whichever way it is linked; each goes on to the next one of its name.
namespace {

using vsl::injector::Call;
using vsl::injector::fails;

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5
#endif

template <class Function>
Function next(Function, const char* name) noexcept {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}
#define VSL_NEXT(function) static const auto real = next(&::function, #function)

}  // namespace

extern "C" {

// --- memory
// ---------------------------------------------------------------------------------------

void* mmap(void* address, size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  VSL_NEXT(mmap);
  if (fails(Call::mmap)) return MAP_FAILED;
  return real(address, bytes, protection, flags, fd, offset);
}

int madvise(void* address, size_t bytes, int advice) noexcept {
  VSL_NEXT(madvise);
  if (fails(Call::madvise)) return -1;
  return real(address, bytes, advice);
}

int memfd_create(const char* name, unsigned flags) noexcept {
  VSL_NEXT(memfd_create);
  if (fails(Call::memfd_create)) return -1;
  return real(name, flags);
}

int ftruncate(int fd, off_t bytes) noexcept {
  VSL_NEXT(ftruncate);
  if (fails(Call::ftruncate)) return -1;
  return real(fd, bytes);
}

int fallocate(int fd, int mode, off_t offset, off_t bytes) {
  VSL_NEXT(fallocate);
  if (fails(Call::fallocate)) return -1;
  return real(fd, mode, offset, bytes);
}

int posix_fallocate(int fd, off_t offset, off_t bytes) {
  VSL_NEXT(posix_fallocate);
  if (fails(Call::posix_fallocate)) return errno;  // it returns the error, and no -1
  return real(fd, offset, bytes);
}

// --- descriptors
// ----------------------------------------------------------------------------------

int fcntl(int fd, int command, ...) {
  VSL_NEXT(fcntl);
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  if (command == F_ADD_SEALS && fails(Call::add_seals)) return -1;
  if (command == F_DUPFD_CLOEXEC && fails(Call::duplicate_fd)) return -1;
  return real(fd, command, argument);
}

int open(const char* path, int flags, ...) {
  VSL_NEXT(open);
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if (fails(Call::open)) return -1;
  return real(path, flags, mode);
}

int shm_open(const char* name, int flags, mode_t mode) {
  VSL_NEXT(shm_open);
  if (fails(Call::shm_open)) return -1;
  return real(name, flags, mode);
}

DIR* opendir(const char* path) {
  VSL_NEXT(opendir);
  if (fails(Call::opendir)) return nullptr;
  return real(path);
}

int fstat(int fd, struct stat* status) noexcept {
  VSL_NEXT(fstat);
  if (fails(Call::stat)) return -1;
  return real(fd, status);
}

int statx(int folder, const char* path, int flags, unsigned mask, struct statx* about) noexcept {
  VSL_NEXT(statx);
  if (fails(Call::stat)) return -1;
  return real(folder, path, flags, mask, about);
}

int lstat(const char* path, struct stat* status) noexcept {
  VSL_NEXT(lstat);
  if (fails(Call::stat)) return -1;
  return real(path, status);
}

int eventfd(unsigned initial, int flags) noexcept {
  VSL_NEXT(eventfd);
  if (fails(Call::eventfd)) return -1;
  return real(initial, flags);
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  VSL_NEXT(timerfd_create);
  if (fails(Call::timerfd_create)) return -1;
  return real(clock, flags);
}

int epoll_create1(int flags) noexcept {
  VSL_NEXT(epoll_create1);
  if (fails(Call::epoll_create)) return -1;
  return real(flags);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event* event) noexcept {
  VSL_NEXT(epoll_ctl);
  if (operation == EPOLL_CTL_ADD && fails(Call::epoll_add)) return -1;
  return real(epoll, operation, fd, event);
}

int epoll_wait(int epoll, struct epoll_event* events, int most, int timeout_ms) {
  VSL_NEXT(epoll_wait);
  if (fails(Call::epoll_wait)) return -1;
  return real(epoll, events, most, timeout_ms);
}

int poll(struct pollfd* fds, nfds_t count, int timeout_ms) {
  VSL_NEXT(poll);
  if (fails(Call::poll)) return -1;
  return real(fds, count, timeout_ms);
}

int ppoll(struct pollfd* fds, nfds_t count, const struct timespec* timeout, const sigset_t* mask) {
  VSL_NEXT(ppoll);
  if (fails(Call::poll)) return -1;
  return real(fds, count, timeout, mask);
}

long syscall(long number, ...) noexcept {
  VSL_NEXT(syscall);
  va_list list;
  va_start(list, number);
  long argument[6];
  for (long& each : argument) each = va_arg(list, long);
  va_end(list);
  if (number == SYS_pidfd_open && fails(Call::peer_pidfd)) return -1;
  return real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

// --- sockets
// --------------------------------------------------------------------------------------

int socket(int domain, int type, int protocol) noexcept {
  VSL_NEXT(socket);
  if (fails(Call::socket)) return -1;
  return real(domain, type, protocol);
}

int connect(int fd, const struct sockaddr* address, socklen_t length) {
  VSL_NEXT(connect);
  if (fails(Call::connect)) return -1;
  return real(fd, address, length);
}

int bind(int fd, const struct sockaddr* address, socklen_t length) noexcept {
  VSL_NEXT(bind);
  if (fails(Call::bind)) return -1;
  return real(fd, address, length);
}

int listen(int fd, int backlog) noexcept {
  VSL_NEXT(listen);
  if (fails(Call::listen)) return -1;
  return real(fd, backlog);
}

int accept4(int fd, struct sockaddr* address, socklen_t* length, int flags) {
  VSL_NEXT(accept4);
  if (!fails(Call::accept)) return real(fd, address, length, flags);
  const int errnum = errno;
  // What the kernel took from its queue is lost then, and its client sees the end.
  if (errnum == ECONNABORTED) ::close(real(fd, address, length, flags));
  errno = errnum;
  return -1;
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  VSL_NEXT(sendmsg);
  if (fails(Call::send)) return -1;
  return real(fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
  VSL_NEXT(recvmsg);
  if (!fails(Call::receive)) return real(fd, message, flags);
  if (errno != vsl::injector::kFdsCutOff) return -1;
  message->msg_controllen = 0;
  return real(fd, message, flags);
}

ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  VSL_NEXT(recv);
  if (!fails(Call::receive)) return real(fd, bytes, size, flags);
  if (errno != vsl::injector::kFdsCutOff) return -1;
  return real(fd, bytes, size, flags);
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* length) noexcept {
  VSL_NEXT(getsockopt);
  if (level == SOL_SOCKET && option == SO_PEERPIDFD && fails(Call::peer_pidfd)) return -1;
  return real(fd, level, option, value, length);
}

// --- files and threads
// ----------------------------------------------------------------------------

int flock(int fd, int operation) noexcept {
  VSL_NEXT(flock);
  if (fails(Call::flock)) return -1;
  return real(fd, operation);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) noexcept {
  VSL_NEXT(pthread_create);
  if (fails(Call::thread)) return errno;
  return real(thread, attributes, body, argument);
}

}  // extern "C"
