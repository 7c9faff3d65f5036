// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <deque>

#include "attacks.hpp"
#include "base/testing_blockers.hpp"

/// Descriptors that nobody asked for, attached to what a client may say.
namespace vsl::storm {
namespace {

namespace v2 = wire::v2;

/// Its peer is never read from, so that the last close of it waits.
UniqueFd lingering_socket() {
  static std::deque<testing::LingeringSocket> all;  // with their peers
  return all.emplace_back().take();
}

UniqueFd pipe_end(int end) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  UniqueFd first(ends[0]), second(ends[1]);
  return end == 0 ? std::move(first) : std::move(second);
}

UniqueFd unix_socket() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return {};
  const UniqueFd other(ends[1]);
  return UniqueFd(ends[0]);
}

UniqueFd signal_fd() {
  sigset_t none{};
  ::sigemptyset(&none);
  return UniqueFd(::signalfd(-1, &none, SFD_CLOEXEC));
}

struct Kind {
  const char* name;
  UniqueFd (*make)();
};
constexpr std::array kKinds{
    Kind{"a TCP socket that lingers", lingering_socket},
    Kind{"a pipe to read", [] { return pipe_end(0); }},
    Kind{"a pipe to write", [] { return pipe_end(1); }},
    Kind{"a folder", [] { return UniqueFd(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }},
    Kind{"/dev/null", [] { return UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)); }},
    Kind{"/dev/zero", [] { return UniqueFd(::open("/dev/zero", O_RDWR | O_CLOEXEC)); }},
    Kind{"a file of /proc",
         [] { return UniqueFd(::open("/proc/self/status", O_RDONLY | O_CLOEXEC)); }},
    Kind{"an eventfd", [] { return UniqueFd(::eventfd(0, EFD_CLOEXEC)); }},
    Kind{"a memfd", [] { return UniqueFd(::memfd_create("theirs", MFD_CLOEXEC)); }},
    Kind{"an epoll", [] { return UniqueFd(::epoll_create1(EPOLL_CLOEXEC)); }},
    Kind{"a terminal", [] { return UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)); }},
    Kind{"a timer", [] { return UniqueFd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)); }},
    Kind{"an inotify", [] { return UniqueFd(::inotify_init1(IN_CLOEXEC)); }},
    Kind{"a signalfd", signal_fd},
    Kind{"a pidfd",
         [] { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))); }},
    Kind{"a socket pair's end", unix_socket},
};

int attach(Actor& actor, const Kind& kind, bool after_ready) {
  while (!actor.finished()) {
    auto client = after_ready ? joined(actor) : std::optional<RawClient>();
    if (!after_ready) {
      auto connected = RawClient::connect(actor.path());
      if (connected) client = std::move(*connected);
    }
    UniqueFd fd = kind.make();
    if (!fd) return kGaveUp;
    if (!client) continue;
    const int fds[] = {fd.get()};
    v2::Hello hello{};
    hello.type = static_cast<std::uint32_t>(v2::MessageType::hello);
    hello.min_version = hello.max_version = v2::kVersion;
    const auto want = v2::short_message(v2::MessageType::want, 1);
    const auto packet =
        after_ready ? std::as_bytes(std::span(&want, 1)) : std::as_bytes(std::span(&hello, 1));
    (void)ipc::send_packet(client->fd(), packet, fds);
    count(actor.self.acts);
    fd.reset();  // whoever closes it now is the last
    breathe(actor, 1'000, 20'000);
  }
  return kDone;
}

}  // namespace

void add_descriptors(std::vector<Attack>& all) {
  for (const Kind& kind : kKinds) {
    for (const bool after_ready : {false, true}) {
      const auto body = [&kind, after_ready](Actor& actor) {
        return attach(actor, kind, after_ready);
      };
      all.push_back(
          {std::string("attached to ") + (after_ready ? "WANT: " : "HELLO: ") + kind.name, body});
    }
  }
}

}  // namespace vsl::storm
