// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vsl::fuzz::kernel {

/// An open file: what descriptors, also those in flight, lead to. Functions return what the system
/// call would, or -errno.
class File {
 public:
  explicit File(mode_t mode_in, int flags_in) : mode(mode_in), flags(flags_in) {}
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// EPOLLIN and the like, as poll tells them.
  virtual std::uint32_t events() const { return 0; }
  virtual ssize_t read(void* to, std::size_t bytes);
  virtual ssize_t write(const void* from, std::size_t bytes);
  /// What its link in /proc/self/fd says.
  virtual std::string link() const { return "anon_inode:[file]"; }
  virtual bool knows_nowait() const { return true; }
  /// Whether its last close would hold the closer up, see support/closing.hpp.
  virtual bool blocks_when_closed() const { return false; }
  virtual void describe(struct stat& status) const { status.st_mode = mode; }
  /// The same file opened anew by its name in /proc; null where that cannot be.
  virtual std::shared_ptr<File> reopen(int /*flags*/) { return nullptr; }

  const mode_t mode;
  const int flags;  ///< of open()
};

using FilePtr = std::shared_ptr<File>;

/// The numbers of open files: far above those of the real kernel, the lowest free one first.
constexpr int kFirstDescriptor = 1'000'000;
inline bool is_ours(int fd) { return fd >= kFirstDescriptor; }

int install(FilePtr file);
/// Null when there is none.
File* find(int fd);
FilePtr share(int fd);
int close_descriptor(int fd);
std::vector<int> descriptors();

template <class T>
T* find_as(int fd) {
  return dynamic_cast<T*>(find(fd));
}

FilePtr make_eventfd(std::uint64_t count);
FilePtr make_timerfd();
int set_timer(int fd, std::int64_t at_ns);
/// Nothing can be done with it but to have it.
FilePtr make_thing(mode_t mode, int flags, std::string link);
/// A socket whose last close blocks.
FilePtr make_blocker();
/// A text of /proc, read from its start.
FilePtr make_text(std::string text);

FilePtr make_epoll();
int epoll_change(int epoll, int operation, int fd, const epoll_event* event);
int epoll_look(int epoll, epoll_event* events, int most);

}  // namespace vsl::fuzz::kernel
