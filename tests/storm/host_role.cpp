// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <iterator>

#include "base/clock.hpp"
#include "picture.hpp"
#include "roles.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

namespace vsl::storm {
namespace {

using std::chrono::nanoseconds;

volatile std::sig_atomic_t told_to_end = 0;

/// From now on setsockopt(SO_PASSRIGHTS) answers as a kernel before Linux 6.16 does.
bool hide_passrights() {
  constexpr std::uint32_t kPassRights = 83;
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),  // little endian
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kPassRights, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(rules), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// What this thread has used up to now.
struct Usage {
  std::int64_t wall_ns = monotonic_ns(), cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  std::int64_t sleeps = [] {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return std::int64_t{usage.ru_nvcsw};
  }();
};

/// One life of the producer, as an ordinary program would write it.
class HostLife {
 public:
  HostLife(Score& score, std::uint32_t life) : score_(score), life_(life) {}

  Result<void> run() {
    VSL_CHECK(open());
    const std::uint32_t awaited = score_.settings.awaited_clients;
    while (told_to_end == 0 && host_->stats().v2_clients < awaited) {
      look_after_clients_until(monotonic_ns() + 1'000'000);
    }
    for (std::int64_t due_ns = monotonic_ns(); told_to_end == 0;) {
      VSL_CHECK(post_one());
      account();
      answer_audit();
      due_ns = std::max(due_ns + period_ns_, monotonic_ns() - period_ns_);
      look_after_clients_until(due_ns);
    }
    host_->close();
    return {};
  }

 private:
  Result<void> open() {
    const Settings& settings = score_.settings;
    VSL_TRY(pool_, Pool::create({.format = fourcc("YUYV"),
                                 .width_px = settings.width_px,
                                 .height_px = settings.height_px,
                                 .buffers = settings.buffers,
                                 .memory = {.source = MemorySource::memfd}}));
    VSL_TRY(host_, Host::listen(settings.socket, {.hold_limit = nanoseconds(settings.hold_ns),
                                                  .max_leases = settings.max_leases,
                                                  .max_clients = 512,
                                                  .max_clients_per_uid = 256,
                                                  .socket_mode = 0666,
                                                  .chime_per_client = settings.chime_per_client}));
    score_.lives.at(life_ % kMaxLives).listening_ns.store(monotonic_ns(), kRelaxed);
    score_.life.store(life_, std::memory_order_release);
    return {};
  }

  void look_after_clients_until(std::int64_t due_ns) {
    while (told_to_end == 0) {
      const std::int64_t left_ns = due_ns - monotonic_ns();
      if (left_ns <= 0) return;
      (void)host_->wait(nanoseconds(left_ns)).has_value();  // a signal ends it: looked at above
    }
  }

  Result<void> post_one() {
    const Usage begin;
    auto frame = pool_->acquire();
    const bool starved = !frame;
    // All are in readers' hands: one is ours again when their time is over.
    while (!frame && told_to_end == 0) {
      look_after_clients_until(monotonic_ns() + 1'000'000);
      frame = pool_->acquire();
    }
    if (!frame) return {};
    const Usage acquired;
    draw(frame->plane(0), life_, serial_ + 1);
    const Usage drawn;
    VSL_TRY(serial_, host_->publish(std::move(*frame)));
    const Usage posted;
    HostPhase& phase = phase_now();
    if (starved) {
      phase.starved.add(acquired.wall_ns - begin.wall_ns);
    } else {
      phase.post.add(acquired.wall_ns - begin.wall_ns + posted.wall_ns - drawn.wall_ns);
      phase.post_cpu.add(acquired.cpu_ns - begin.cpu_ns + posted.cpu_ns - drawn.cpu_ns);
      const auto slept = acquired.sleeps - begin.sleeps + posted.sleeps - drawn.sleeps;
      count(phase.slept, slept > 0 ? 1 : 0);
    }
    if (last_post_ns_ != 0) phase.gap.add(posted.wall_ns - last_post_ns_);
    last_post_ns_ = posted.wall_ns;
    return {};
  }

  HostPhase& phase_now() {
    return score_.host.phases.at(static_cast<std::size_t>(score_.phase.load(kRelaxed)));
  }

  /// Totals over all lives, so what is added is the difference.
  void account() {
    const HostStats now = host_->stats();
    HostScore& shown = score_.host;
    count(shown.posted, now.posted - last_.posted);
    count(shown.taken_back, now.taken_back - last_.taken_back);
    count(shown.no_buffer, now.no_buffer - last_.no_buffer);
    count(shown.refused, now.refused - last_.refused);
    count(shown.cut_off, now.cut_off - last_.cut_off);
    count(shown.fds_sent, now.fds_sent - last_.fds_sent);
    shown.clients.store(now.v1_clients + now.v2_clients, kRelaxed);
    last_ = now;
    HostPhase& phase = phase_now();
    const std::int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall_ns = monotonic_ns();
    if (last_wall_ns_ != 0) {
      phase.busy.add(cpu_ns - last_cpu_ns_);
      phase.cpu_ns += cpu_ns - last_cpu_ns_;
      phase.wall_ns += wall_ns - last_wall_ns_;
    }
    last_cpu_ns_ = cpu_ns;
    last_wall_ns_ = wall_ns;
  }

  /// How many buffers can be had at once, when it is asked for.
  void answer_audit() {
    HostScore& shown = score_.host;
    const std::uint32_t wanted = shown.audit_wanted.load(std::memory_order_acquire);
    if (wanted == shown.audit_done.load(kRelaxed)) return;
    std::vector<Frame> taken;
    while (auto frame = pool_->acquire()) taken.push_back(std::move(*frame));
    shown.audit_free.store(static_cast<std::uint32_t>(taken.size()), kRelaxed);
    shown.audit_done.store(wanted, std::memory_order_release);
  }

  Score& score_;
  const std::uint32_t life_;
  const std::int64_t period_ns_ = 1'000'000'000 / score_.settings.fps;
  std::optional<Host> host_;
  std::optional<Pool> pool_;
  HostStats last_;
  std::uint64_t serial_ = 0;
  std::int64_t last_post_ns_ = 0, last_cpu_ns_ = 0, last_wall_ns_ = 0;
};

}  // namespace

int run_host(Score& score, std::uint32_t life) {
  struct sigaction action {};
  action.sa_handler = [](int) { told_to_end = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  if (score.settings.old_kernel && !hide_passrights()) return kGaveUp;
  const auto ran = HostLife(score, life).run();
  if (ran) return kDone;
  std::snprintf(score.host.failure, sizeof score.host.failure, "%s", ran.error().message().c_str());
  return kGaveUp;
}

}  // namespace vsl::storm
