// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/signals.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <cerrno>

#include "base/clock.hpp"
#include "base/futex.hpp"
#include "base/testing.hpp"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

namespace vsl {
namespace {

constexpr std::int64_t kMs = 1'000'000;

void handle(int number, int flags) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = flags;
  ::sigaction(number, &action, nullptr);
}

void send_signals_all_the_time() {
  const itimerval every{{0, 2000}, {0, 2000}};
  ::setitimer(ITIMER_REAL, &every, nullptr);
}

/// As a kernel before 5.16, or a container whose filter is older.
bool deny_futex_waitv() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // seccomp_data::nr
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex_waitv, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int sleep_a_while() {
  const ShmAtomic<std::uint32_t> word{};
  return futex_wait_until(word, 0, monotonic_ns() + 50 * kMs);
}

TEST(SignalsTest, HandlersThatDoNotRestartAreFound) {
  EXPECT_EQ(testing::in_child([] {
              handle(SIGSEGV, 0);  // as crash reporters do
              if (!all_handlers_restart()) return 1;
              handle(SIGALRM, SA_RESTART);
              if (!all_handlers_restart()) return 2;
              handle(SIGUSR1, SA_SIGINFO);
              if (all_handlers_restart()) return 3;
              ::signal(SIGUSR1, SIG_IGN);
              return all_handlers_restart() ? 0 : 4;
            }),
            0);
}

TEST(SignalsTest, AFutexGoesOnAfterAHandlerThatRestartsWhateverTheKernelHas) {
  for (const bool old_kernel : {false, true}) {
    EXPECT_EQ(testing::in_child([&] {
                if (old_kernel && !deny_futex_waitv()) return 1;
                handle(SIGALRM, SA_RESTART);
                send_signals_all_the_time();
                return sleep_a_while() == ETIMEDOUT ? 0 : 2;
              }),
              0);
  }
}

TEST(SignalsTest, AFutexEndsAfterAHandlerThatDoesNotRestartWhateverTheKernelHas) {
  for (const bool old_kernel : {false, true}) {
    EXPECT_EQ(testing::in_child([&] {
                if (old_kernel && !deny_futex_waitv()) return 1;
                handle(SIGALRM, 0);
                send_signals_all_the_time();
                int result = ETIMEDOUT;  // on a busy machine a signal may come between two sleeps
                while (result == ETIMEDOUT) result = sleep_a_while();
                return result == EINTR ? 0 : 2;
              }),
              0);
  }
}

}  // namespace
}  // namespace vsl
