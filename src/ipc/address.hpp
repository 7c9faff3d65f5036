// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <array>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"

namespace vsl::ipc {

/// A socket name as users write it: a leading '/' is a path, anything else an abstract name.
class Address {
 public:
  /// Errors: invalid_argument (empty), filename_too_long (> 108 bytes; an abstract name > 107).
  static Result<Address> parse(const std::string& name);
  /// The path that releases up to 2.5 make of a name without a leading '/': relative to the cwd.
  static Result<Address> relative_path(const std::string& name);

  bool is_abstract() const noexcept { return address_.sun_path[0] == '\0'; }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t length() const noexcept { return length_; }

 private:
  sockaddr_un address_{};
  socklen_t length_ = 0;
};

struct SocketFileOptions {
  std::optional<mode_t> mode;
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
};

/// A listening socket and, for a path, the file that leads to it. Removes the file when destroyed,
/// unless somebody else's has taken its place.
class Listener {
 public:
  /// The socket is bound at its path, under a lock, so that the kernel lists it by that name; until
  /// it listens, which is last, connecting to it is refused. A stale socket is replaced.
  /// Errors: address_in_use (a host answers there), file_exists (something that is no socket),
  ///         permission_denied, those of StartLock, errno of the failing step.
  /// Spec: docs/spec/wire-v2.md#socket-file
  static Result<Listener> open(const std::string& name, const SocketFileOptions& options);

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) noexcept;
  ~Listener() { close(); }

  int fd() const noexcept { return socket_.get(); }
  /// No fds come to the sockets accepted from it: the kernel keeps them out.
  bool refuses_fds() const noexcept { return refuses_fds_; }
  /// Readable when the file may have gone, until heed_changes(); -1: the kernel has none for us.
  int changes() const noexcept { return changes_.get(); }
  void heed_changes() const noexcept;
  /// Whether the file is where it was put, as far as we can see.
  bool in_place() const noexcept;
  /// Binds a new socket at the path from which the file went; fd() is its number from then on. Who
  /// waits in the old one's queue is cut off. Never blocks. Errors: address_in_use, file_exists
  /// (something else has taken the path: it is not fought for); those of open(), and then the old
  /// socket stays.
  Result<void> put_back();
  void close() noexcept;
  /// Forgets the file, for a forked child that does not own it.
  void abandon() noexcept { path_.clear(); }

 private:
  Listener() = default;
  Result<void> bind_file(int socket, bool first);
  void watch_file() noexcept;
  void drop_waiting() noexcept;

  UniqueFd socket_;
  bool refuses_fds_ = false;
  UniqueFd changes_;
  std::array<int, 2> watches_{-1, -1};
  std::string path_;  // empty: abstract, or not ours
  std::string folder_;
  SocketFileOptions options_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// A non-blocking connect. Errors: as connect(2); would-block (EAGAIN) when the host's queue of
/// connections is full.
Result<UniqueFd> connect_socket(const std::string& name);

}  // namespace vsl::ipc
