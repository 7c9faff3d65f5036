// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/closer.hpp"
#include "ipc/address.hpp"
#include "ipc/socket.hpp"
#include "ipc/start_lock.hpp"

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE 0x89E0  // linux/un.h, which cannot be included beside sys/un.h
#endif

namespace vsl::ipc {
namespace {

constexpr int kBacklog = 512;

struct Occupant {
  bool stale_socket = false;
  struct stat status {};
};

/// Who is at the path; an error when it must be left alone.
Result<Occupant> look_at(const std::string& path) {
  Occupant found;
  if (::lstat(path.c_str(), &found.status) != 0) {
    if (errno == ENOENT) return found;
    return Error::last("look at " + path);
  }
  if (!S_ISSOCK(found.status.st_mode)) {
    return Error::of(std::errc::file_exists,
                     "bind " + path + ", which is not a socket and was left alone");
  }
  auto probe = connect_socket(path);
  if (probe) close_connection(std::move(*probe));  // of whoever answers there
  if (probe || probe.error().code == std::errc::resource_unavailable_try_again) {
    return Error::of(std::errc::address_in_use, "bind " + path + ", where a host answers already");
  }
  if (probe.error().code == std::errc::no_such_file_or_directory) return Occupant();
  if (probe.error().code != std::errc::connection_refused) return std::move(probe).error();
  found.stale_socket = true;
  return found;
}

bool is_at(const std::string& path, dev_t device, ino_t inode) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

/// Removes a stale socket. Hosts that do not know the lock may have replaced it since.
Result<void> remove_stale(const std::string& path, const struct stat& stale) {
  struct stat now {};
  if (::lstat(path.c_str(), &now) != 0) {
    return errno == ENOENT ? Result<void>() : Error::last("look at " + path);
  }
  if (now.st_dev != stale.st_dev || now.st_ino != stale.st_ino) {
    return Error::of(std::errc::address_in_use, "bind " + path + ", which somebody else has taken");
  }
  if (::unlink(path.c_str()) != 0) return Error::last("remove the stale socket " + path);
  return {};
}

/// The file of a bound socket. The kernel knows it, and tells root; others find it by its name, and
/// in a folder that others may write that can be another socket of ours by now, but no file of
/// another kind or of anybody else, and none that has its name elsewhere.
Result<UniqueFd> file_of(int socket, const std::string& path) {
  UniqueFd file(::ioctl(socket, SIOCUNIXFILE));
  if (file) return file;
  file = UniqueFd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return Error::last("look at the socket " + path);
  if (S_ISSOCK(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink == 1) return file;
  return Error::of(std::errc::address_in_use,
                   "bind " + path + ", where something else took the socket's place");
}

/// Through the descriptor: by its name, root would change whatever somebody puts there meanwhile.
Result<void> restrict_file(const UniqueFd& file, const std::string& path,
                           const SocketFileOptions& options) {
  const uid_t owner = options.owner.value_or(static_cast<uid_t>(-1));
  const gid_t group = options.group.value_or(static_cast<gid_t>(-1));
  if ((options.owner || options.group) &&
      ::fchownat(file.get(), "", owner, group, AT_EMPTY_PATH) != 0) {
    return Error::last("change the owner of " + path);
  }
  if (!options.mode) return {};
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Error::last("look at the socket " + path);
  if ((status.st_mode & 07777) == *options.mode) return {};
  // What the umask took from it at bind. chmod() of a descriptor of this kind only goes by /proc.
  const std::string opened = "/proc/self/fd/" + std::to_string(file.get());
  if (::chmod(opened.c_str(), *options.mode) == 0) return {};
  return Error::last("set the mode of " + path + " (through /proc)");
}

/// A file at the path, removed unless it is kept.
class BoundFile {
 public:
  explicit BoundFile(const std::string& path) : path_(path) {}
  BoundFile(const BoundFile&) = delete;
  BoundFile& operator=(const BoundFile&) = delete;
  ~BoundFile() {
    if (remove_ && is_at(path_, status_.st_dev, status_.st_ino)) ::unlink(path_.c_str());
  }
  /// Errors: address_in_use, errno of bind.
  Result<void> bind(int socket, const SocketFileOptions& options) {
    // Before bind: the file is born with this mode less the umask, never with more.
    if (options.mode && ::fchmod(socket, *options.mode) != 0) return Error::last("set the mode");
    VSL_TRY(const Address address, Address::parse(path_));
    if (::bind(socket, address.get(), address.length()) != 0) return Error::last("bind " + path_);
    remove_ = ::lstat(path_.c_str(), &status_) == 0;
    VSL_TRY(const UniqueFd file, file_of(socket, path_));
    if (::fstat(file.get(), &status_) != 0) return Error::last("look at the socket " + path_);
    VSL_CHECK(restrict_file(file, path_, options));
    if (::listen(socket, kBacklog) != 0) return Error::last("listen " + path_);
    return {};
  }
  const struct stat& keep() {
    remove_ = false;
    return status_;
  }

 private:
  const std::string& path_;
  bool remove_ = false;
  struct stat status_ {};
};

Result<UniqueFd> new_socket(const std::string& name) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Error::last("create a socket for " + name);
  return socket;
}

}  // namespace

Result<Listener> Listener::open(const std::string& name, const SocketFileOptions& options) {
  VSL_TRY(const Address address, Address::parse(name));
  Listener listener;
  VSL_TRY(listener.socket_, new_socket(name));
  listener.refuses_fds_ = refuse_fds(listener.fd());  // before anybody can connect
  if (address.is_abstract()) {
    if (::bind(listener.fd(), address.get(), address.length()) != 0) {
      return Error::last("bind abstract socket " + name);
    }
    if (::listen(listener.fd(), kBacklog) != 0) return Error::last("listen " + name);
    return listener;
  }
  listener.path_ = name;
  listener.folder_ = name.substr(0, std::max<std::size_t>(name.rfind('/'), 1));
  listener.options_ = options;
  auto bound = listener.bind_file(listener.fd(), true);
  if (!bound) listener.abandon();
  VSL_CHECK(std::move(bound));
  listener.watch_file();
  return listener;
}

Result<void> Listener::bind_file(int socket, bool first) {
  using Wait = StartLock::Wait;
  VSL_TRY(const StartLock lock, StartLock::take(path_, first ? Wait::for_others : Wait::never));
  VSL_TRY(const Occupant occupant, look_at(path_));
  if (occupant.stale_socket && !first) {
    return Error::of(std::errc::address_in_use,
                     "bind " + path_ + ", where another host has been since");
  }
  if (occupant.stale_socket) VSL_CHECK(remove_stale(path_, occupant.status));
  BoundFile file(path_);
  VSL_CHECK(file.bind(socket, options_));
  const struct stat& status = file.keep();
  device_ = status.st_dev;
  inode_ = status.st_ino;
  return {};
}

// Without it (the limit of inotify instances) whoever asks in_place() now and then finds out too.
// Not the folder's entries: in /tmp everybody's files would wake us.
void Listener::watch_file() noexcept {
  // Kept for life: closing one takes the kernel some ten milliseconds.
  if (!changes_) changes_ = UniqueFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!changes_) return;
  for (const int watch : watches_) {
    if (watch >= 0) ::inotify_rm_watch(changes_.get(), watch);
  }
  watches_ = {
      ::inotify_add_watch(changes_.get(), path_.c_str(), IN_ATTRIB | IN_MOVE_SELF | IN_DONT_FOLLOW),
      ::inotify_add_watch(changes_.get(), folder_.c_str(),
                          IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR)};
}

void Listener::heed_changes() const noexcept {
  alignas(inotify_event) char events[1024];
  while (changes_ && ::read(changes_.get(), events, sizeof events) > 0) continue;
}

bool Listener::in_place() const noexcept {
  struct stat status {};
  if (path_.empty()) return true;
  if (::lstat(path_.c_str(), &status) != 0) return errno != ENOENT && errno != ENOTDIR;
  return status.st_dev == device_ && status.st_ino == inode_;
}

Result<void> Listener::put_back() {
  VSL_TRY(const UniqueFd socket, new_socket(path_));
  refuse_fds(socket.get());  // as the first one did, if it did
  VSL_CHECK(bind_file(socket.get(), false));
  // Closing those that wait in the old one's queue may block, where they could send descriptors.
  UniqueFd old(refuses_fds_ ? -1 : ::fcntl(fd(), F_DUPFD_CLOEXEC, 0));
  // Programs poll this number.
  if (::dup3(socket.get(), socket_.get(), O_CLOEXEC) < 0) {
    Error error = Error::last("listen " + path_);
    if (is_at(path_, device_, inode_)) ::unlink(path_.c_str());
    return error;
  }
  close_elsewhere(std::move(old));
  watch_file();
  return {};
}

Listener& Listener::operator=(Listener&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::move(other.socket_);
  refuses_fds_ = other.refuses_fds_;
  changes_ = std::move(other.changes_);
  watches_ = other.watches_;
  path_ = std::move(other.path_);
  other.path_.clear();
  folder_ = std::move(other.folder_);
  options_ = other.options_;
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void Listener::close() noexcept {
  if (!path_.empty() && is_at(path_, device_, inode_)) ::unlink(path_.c_str());
  path_.clear();
  if (socket_ && !refuses_fds_) drop_waiting();
  socket_.reset();
}

void Listener::drop_waiting() noexcept {
  ::shutdown(fd(), SHUT_RDWR);  // no more of them
  for (;;) {
    UniqueFd waiting(::accept4(fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!waiting) break;
    close_connection(std::move(waiting));
  }
  const bool all = errno == EINVAL || errno == EAGAIN || errno == ENOTSOCK;
  if (!all) close_elsewhere(std::move(socket_));  // with those that there was no descriptor for
}

}  // namespace vsl::ipc
