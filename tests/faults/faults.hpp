// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/mapping.hpp"
#include "ipc/address.hpp"
#include "ipc/socket.hpp"
#include "ipc/testing.hpp"
#include "wire/v1.hpp"
#include "wire/v2_layout.hpp"
#include "wire/v2_messages.hpp"

/// What the tests of broken and hostile peers share.
namespace vsl::faults {

/// One end of a pair of sockets between a test and a process it started.
class Line {
 public:
  explicit Line(UniqueFd socket) : socket_(std::move(socket)) {}
  void tell(std::uint64_t value) const {
    (void)!::send(socket_.get(), &value, sizeof value, MSG_NOSIGNAL);
  }
  /// What the other side told, if it did.
  std::optional<std::uint64_t> heard() const {
    std::uint64_t value = 0;
    const auto size = ::recv(socket_.get(), &value, sizeof value, MSG_DONTWAIT);
    return size == sizeof value ? std::optional(value) : std::nullopt;
  }
  /// Waits for it; a process whose test has ended ends too.
  std::uint64_t wait() const {
    std::uint64_t value = 0;
    if (::recv(socket_.get(), &value, sizeof value, 0) != sizeof value) ::_exit(99);
    return value;
  }

 private:
  UniqueFd socket_;
};

/// A forked process that runs `body(line)`. Killed when its test forgets it.
class Process {
 public:
  template <class Body>
  explicit Process(Body body) {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    UniqueFd ours(ends[0]), its(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ours.reset();
      ::_exit(body(Line(std::move(its))));
    }
    line_.emplace(std::move(ours));
  }
  ~Process() {
    if (pid_ > 0) (void)end(SIGKILL);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  const Line& line() const { return *line_; }
  void signal(int number) const { ::kill(pid_, number); }
  /// Stopped for certain when it returns.
  void stop() const {
    signal(SIGSTOP);
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
  }
  /// Without waiting; end() is still to be called.
  bool ended() const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == pid_;
  }
  /// Sends the signal (0: none) and waits for the end; the exit code, or -1.
  int end(int number = 0) {
    if (number != 0) signal(number);
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  std::optional<Line> line_;
};

/// A client written by somebody else: says what it is told to, and keeps what it gets.
class RawPeer {
 public:
  explicit RawPeer(const std::string& path) : socket_(ipc::test::must(ipc::connect_socket(path))) {}
  explicit RawPeer(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }
  ipc::Transfer send(const void* data, std::size_t bytes) const {
    return ipc::send_packet(fd(), {static_cast<const std::byte*>(data), bytes});
  }
  ipc::Transfer say(wire::v2::MessageType type, std::uint64_t value = 0) const {
    const auto message = wire::v2::short_message(type, value);
    return send(&message, sizeof message);
  }
  ipc::Transfer hello() const {
    wire::v2::Hello hello{};
    hello.type = static_cast<std::uint32_t>(wire::v2::MessageType::hello);
    hello.min_version = hello.max_version = wire::v2::kVersion;
    hello.lease_words = wire::v2::kMaxLeaseWords;
    return send(&hello, sizeof hello);
  }
  bool ended() const {
    char byte = 0;
    return ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 || (errno == ECONNRESET);
  }
  std::optional<wire::v2::MessageType> receive() {
    if (ipc::receive_packet(fd(), packet) != ipc::Transfer::done) return std::nullopt;
    return wire::v2::type_of(packet.bytes());
  }

  ipc::Packet packet;

 private:
  UniqueFd socket_;
};

/// Upgrades to wire v2 by hand; keeps every descriptor as it came.
struct Upgraded {
  template <class Bus>
  explicit Upgraded(Bus& bus) : peer(bus.path()) {
    (void)peer.hello();
    const bool welcome = bus.until([&] { return peer.receive() == wire::v2::MessageType::hello; });
    if (!welcome) std::abort();
    for (std::size_t i = 0; i < peer.packet.fd_count; ++i) {
      fds.push_back(std::move(peer.packet.fds[i]));
    }
    ledger_memory = ipc::test::must(
        Mapping::map(fds[2].get(), sizeof(wire::v2::Ledger), {.mode = Mapping::Mode::read_write}));
    board_memory = ipc::test::must(Mapping::map(fds[0].get(), sizeof(wire::v2::Board), {}));
    (void)peer.say(wire::v2::MessageType::ready);
  }
  wire::v2::Ledger& ledger() { return *ledger_memory.as<wire::v2::Ledger>(); }
  const wire::v2::Board& board() { return *board_memory.as<const wire::v2::Board>(); }

  RawPeer peer;
  std::vector<UniqueFd> fds;
  Mapping ledger_memory, board_memory;
};

/// Lowers the limit of descriptors while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    now.rlim_cur = most;
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

inline bool readable(int fd, int timeout_ms) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, timeout_ms) > 0;
}

}  // namespace vsl::faults
