// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/closer.hpp"
#include "ipc/address.hpp"
#include "ipc/socket.hpp"

namespace vsl::ipc {
namespace {

constexpr int kBacklog = 512;

/// Serialises hosts that start on one path. Gone again when the start is over.
class StartLock {
 public:
  static Result<StartLock> take(const std::string& path) {
    StartLock lock;
    lock.path_ = path + ".lock";
    for (;;) {
      lock.fd_ =
          UniqueFd(::open(lock.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
      if (!lock.fd_) return Error::last("create " + lock.path_ + " next to the socket");
      while (::flock(lock.fd_.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return Error::last("lock " + lock.path_);
      }
      struct stat held {
      }, named{};
      if (::fstat(lock.fd_.get(), &held) != 0) return Error::last("look at " + lock.path_);
      const bool there = ::lstat(lock.path_.c_str(), &named) == 0;
      if (!there && errno != ENOENT) return Error::last("look at " + lock.path_);
      if (there && held.st_dev == named.st_dev && held.st_ino == named.st_ino) return lock;
      // Its holder removed the file while we waited: again.
    }
  }
  StartLock(StartLock&&) noexcept = default;
  ~StartLock() {
    if (fd_) ::unlink(path_.c_str());
  }

 private:
  StartLock() = default;
  UniqueFd fd_;
  std::string path_;
};

enum class Occupant { none, stale_socket };

/// Who is at the path; an error when it must be left alone.
Result<Occupant> look_at(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return Occupant::none;
    return Error::last("look at " + path);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Error::of(std::errc::file_exists,
                     "bind " + path + ", which is not a socket and was left alone");
  }
  auto probe = connect_socket(path);
  if (probe) close_connection(std::move(*probe));  // of whoever answers there
  if (probe || probe.error().code == std::errc::resource_unavailable_try_again) {
    return Error::of(std::errc::address_in_use, "bind " + path + ", where a host answers already");
  }
  if (probe.error().code == std::errc::connection_refused) return Occupant::stale_socket;
  if (probe.error().code == std::errc::no_such_file_or_directory) return Occupant::none;
  return std::move(probe).error();
}

/// A socket's file under a name nobody knows, removed unless it was moved away.
class AsideFile {
 public:
  explicit AsideFile(std::string path) noexcept : path_(std::move(path)) {}
  AsideFile(AsideFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~AsideFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// Binds beside `path`, or through /proc when that name would be too long.
Result<AsideFile> bind_aside(int socket, const std::string& path) {
  std::uint32_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) return Error::last("getrandom");
  char suffix[16];
  std::snprintf(suffix, sizeof suffix, ".%08x", random);
  std::string aside = path + suffix;
  const auto slash = aside.rfind('/');
  UniqueFd directory;
  std::string name = aside;
  if (aside.size() > sizeof(sockaddr_un::sun_path)) {
    const std::string parent = slash == 0 ? "/" : aside.substr(0, slash);
    directory = UniqueFd(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return Error::last("open the directory of " + path);
    // Only the name's own bytes count against the limit of sun_path then.
    name = "/proc/self/fd/" + std::to_string(directory.get()) + "/.vsl" + suffix;
    aside = aside.substr(0, slash) + "/.vsl" + suffix;
  }
  VSL_TRY(const Address address, Address::parse(name));
  if (::bind(socket, address.get(), address.length()) != 0) return Error::last("bind " + path);
  return AsideFile(std::move(aside));  // every string was made before there is a file to forget
}

Result<void> restrict_file(const std::string& file, const SocketFileOptions& options) {
  // Exactly this mode, whatever the umask took from it at bind. Nobody can connect yet.
  if (options.mode && ::chmod(file.c_str(), *options.mode) != 0) {
    return Error::last("set the mode of " + file);
  }
  if (!options.owner && !options.group) return {};
  const uid_t owner = options.owner.value_or(static_cast<uid_t>(-1));
  const gid_t group = options.group.value_or(static_cast<gid_t>(-1));
  if (::lchown(file.c_str(), owner, group) != 0) return Error::last("change the owner of " + file);
  return {};
}

Result<void> move_into_place(const std::string& aside, const std::string& path, Occupant occupant) {
  if (occupant == Occupant::stale_socket) {
    if (::rename(aside.c_str(), path.c_str()) != 0) return Error::last("replace " + path);
    return {};
  }
  // link, not rename: whoever bound the path in the meantime keeps it
  if (::link(aside.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return Error::of(std::errc::address_in_use, "bind " + path);
    return Error::last("bind " + path);
  }
  return {};
}

/// The file that now is at the path.
Result<struct stat> bind_path(int socket, const std::string& path,
                              const SocketFileOptions& options) {
  VSL_TRY(const Address checked, Address::parse(path));  // length, before anything is touched
  (void)checked;
  VSL_TRY(StartLock lock, StartLock::take(path));
  VSL_TRY(const Occupant occupant, look_at(path));
  // Before bind: the file is born with this mode, there is no moment at which it is wider.
  if (options.mode && ::fchmod(socket, *options.mode) != 0) return Error::last("set the mode");
  VSL_TRY(const AsideFile aside, bind_aside(socket, path));
  VSL_CHECK(restrict_file(aside.path(), options));
  if (::listen(socket, kBacklog) != 0) return Error::last("listen " + path);
  struct stat status {};  // while nobody else can have put another file there
  if (::lstat(aside.path().c_str(), &status) != 0) return Error::last("look at " + aside.path());
  VSL_CHECK(move_into_place(aside.path(), path, occupant));
  return status;
}

}  // namespace

Result<Listener> Listener::open(const std::string& name, const SocketFileOptions& options) {
  VSL_TRY(const Address address, Address::parse(name));
  Listener listener;
  listener.socket_ = UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.socket_) return Error::last("create a socket for " + name);
  listener.refuses_fds_ = refuse_fds(listener.fd());  // before anybody can connect
  if (address.is_abstract()) {
    if (::bind(listener.fd(), address.get(), address.length()) != 0) {
      return Error::last("bind abstract socket " + name);
    }
    if (::listen(listener.fd(), kBacklog) != 0) return Error::last("listen " + name);
    return listener;
  }
  std::string path = name;  // once there is a file, nothing may fail that would forget it
  VSL_TRY(const struct stat status, bind_path(listener.fd(), name, options));
  listener.path_ = std::move(path);
  listener.device_ = status.st_dev;
  listener.inode_ = status.st_ino;
  return listener;
}

Listener& Listener::operator=(Listener&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::move(other.socket_);
  refuses_fds_ = other.refuses_fds_;
  path_ = std::move(other.path_);
  other.path_.clear();
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void Listener::close() noexcept {
  struct stat status {};
  if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
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
