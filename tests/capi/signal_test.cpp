// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "tests/capi/bus.hpp"

/// Timers, children that end and profilers send signals all the time. A wait goes on after a
/// handler with SA_RESTART, as system calls do, and says "look again" after one without.
namespace capi_test {
namespace {

std::atomic<int> signals{0};

/// Signals every two milliseconds to this thread alone, handled with `flags`.
class Timer {
 public:
  explicit Timer(int flags) {
    struct sigaction action {};
    action.sa_handler = [](int) { signals.fetch_add(1); };
    action.sa_flags = flags;
    signals = 0;
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval every{{0, 2000}, {0, 2000}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  ~Timer() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_ {};
};

/// A handler that never runs, for a signal that does not come: as programs have for Ctrl-C.
class IdleHandler {
 public:
  IdleHandler() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR2, &action, &before_);
  }
  ~IdleHandler() { ::sigaction(SIGUSR2, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

/// Listens and does nothing more, as a host that is stopped: its clients wait on the socket.
class SilentHost {
 public:
  explicit SilentHost(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_SEQPACKET, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 5), 0);
  }
  ~SilentHost() { ::close(fd_); }

 private:
  int fd_;
};

/// A host that comes once there were 20 signals, from a thread that gets none of them.
class LateHost {
 public:
  explicit LateHost(const std::string& path) {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread([this, path] {
      while (signals < 20) std::this_thread::yield();
      host_.reset(vsl_host_init(path.c_str()));
    });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~LateHost() { thread_.join(); }

 private:
  HostPtr host_;
  std::thread thread_;
};

void expect_waits_its_time(VSLClient* client, int signals_at_least) {
  vsl_client_set_timeout(client, 0.2F);
  const std::int64_t start = vsl_timestamp();
  EXPECT_EQ(vsl_frame_wait(client, 0), nullptr);
  EXPECT_EQ(errno, ETIMEDOUT) << vsl_last_error();
  EXPECT_GE(vsl_timestamp() - start, 199 * kMs);
  EXPECT_GE(signals, signals_at_least);
}

void expect_looks_again(VSLClient* client) {
  vsl_client_set_timeout(client, 1e9F);
  EXPECT_EQ(vsl_frame_wait(client, 0), nullptr);
  EXPECT_EQ(errno, ETIMEDOUT) << vsl_last_error();
  EXPECT_GE(signals, 1);
}

class CSignals : public Bus {};

TEST_F(CSignals, DoNotEndAWaitWhoseHandlersRestart) {
  const ClientPtr client = connect();
  const Timer timer(SA_RESTART);
  expect_waits_its_time(client.get(), 2);
}

TEST_F(CSignals, DoNotEndAWaitWhereOnlyAnotherSignalsHandlerWould) {
  const ClientPtr client = connect();
  const IdleHandler ctrl_c;
  const Timer timer(SA_RESTART);
  expect_waits_its_time(client.get(), 2);
}

TEST_F(CSignals, LetAProgramLookAgainWhereTheHandlerDoesNotRestart) {
  const ClientPtr client = connect();
  const Timer timer(0);
  expect_looks_again(client.get());
}

TEST(CSignalsAlone, DoNotEndAWaitForAHostThatSaysNothing) {
  const std::string path = fresh_path();
  const SilentHost host(path);
  const ClientPtr client(vsl_client_init(path.c_str(), nullptr, false));
  ASSERT_NE(client, nullptr) << vsl_last_error();
  {
    const Timer timer(SA_RESTART);
    expect_waits_its_time(client.get(), 2);
  }
  const Timer timer(0);
  expect_looks_again(client.get());
  ::unlink(path.c_str());
}

TEST(CSignalsAlone, DoNotEndTheWaitForTheFirstHost) {
  const std::string path = fresh_path();
  const IdleHandler ctrl_c;
  const Timer timer(SA_RESTART);
  const LateHost host(path);
  const ClientPtr client(vsl_client_init(path.c_str(), nullptr, true));
  EXPECT_NE(client, nullptr) << vsl_last_error();
}

TEST(CSignalsAlone, LetAProgramLookAgainThatWaitsForTheFirstHost) {
  const Timer timer(0);
  EXPECT_EQ(vsl_client_init(fresh_path().c_str(), nullptr, true), nullptr);
  EXPECT_EQ(errno, ETIMEDOUT) << vsl_last_error();
}

}  // namespace
}  // namespace capi_test
