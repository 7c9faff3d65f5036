// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <memory>

#include "base/clock.hpp"
#include "roles.hpp"
#include "videostream.h"
#include "videostream/client.hpp"

namespace vsl::storm {
namespace {

using namespace std::chrono_literals;

constexpr int kPollMs = 50;

void look_at(Account& account, Client& client, const Lease& lease) {
  const ClientStats stats = client.stats();
  account.arrived(stats.epoch, lease.serial(), lease.published_ns(),
                  {stats.gone, stats.lapped, stats.unknown_buffer, stats.reconnects});
  account.read(stats.epoch, lease.serial(), lease.plane(0), [&] { return lease.valid(); });
}

int read_frames(Actor& actor, Client& client, bool poll_descriptor) {
  Account account(actor);
  const int fd = poll_descriptor ? client.fd() : -1;
  while (!actor.finished()) {
    if (poll_descriptor) {
      pollfd ready{fd, POLLIN, 0};
      ::poll(&ready, 1, kPollMs);
    }
    auto lease = poll_descriptor ? client.try_frame() : client.wait_frame(50ms);
    if (!lease && lease.error().code != std::errc::interrupted) {
      find(actor.self, lease.error().message());
      return kGaveUp;
    }
    if (lease && *lease) look_at(account, client, **lease);
    if (!client.connected()) account.no_host();
  }
  return kDone;
}

struct Release {
  void operator()(VSLFrame* frame) const { vsl_frame_release(frame); }
  void operator()(VSLClient* client) const { vsl_client_release(client); }
};
using CFrame = std::unique_ptr<VSLFrame, Release>;
using CClient = std::unique_ptr<VSLClient, Release>;

void look_at(Account& account, VSLClient* client, VSLFrame* frame) {
  VSLClientStats stats{.size = sizeof stats};
  (void)vsl_client_stats(client, &stats);
  const auto serial = static_cast<std::uint64_t>(vsl_frame_serial(frame));
  account.arrived(stats.epoch, serial, vsl_frame_timestamp(frame),
                  {stats.gone, stats.lapped, stats.unknown_buffer, stats.reconnects});
  if (vsl_frame_trylock(frame) != 0) return;  // recycled by now: said in so many words
  std::size_t bytes = 0;
  const void* start = vsl_frame_mmap(frame, &bytes);
  const std::span<const std::byte> picture(static_cast<const std::byte*>(start), bytes);
  account.read(stats.epoch, serial, picture, [&] {
    const bool valid = vsl_frame_valid(frame) == 1;
    vsl_frame_munmap(frame);
    (void)vsl_frame_unlock(frame);
    return valid;
  });
}

}  // namespace

int run_reader(Actor& actor, Role role) {
  const Policy policy = role == Role::in_order ? Policy::in_order() : Policy::newest();
  auto client = Client::connect(actor.path(),
                                {.policy = policy, .name = "storm reader", .connect_timeout = 60s});
  if (!client) {
    find(actor.self, client.error().message());
    return kGaveUp;
  }
  return read_frames(actor, *client, role == Role::poller);
}

int run_c_reader(Actor& actor) {
  const CClient client(vsl_client_init(actor.path(), nullptr, true));
  if (!client) {
    find(actor.self, vsl_last_error());
    return kGaveUp;
  }
  vsl_client_set_timeout(client.get(), 0.05F);
  Account account(actor);
  while (!actor.finished()) {
    const CFrame frame(vsl_frame_wait(client.get(), 0));
    if (frame) look_at(account, client.get(), frame.get());
    if (!frame && errno != ETIMEDOUT && errno != EINTR) {
      find(actor.self, vsl_last_error());
      return kGaveUp;
    }
  }
  return kDone;
}

int run_metronome(Actor& actor) {
  const std::int64_t period_ns = std::max<std::int64_t>(actor.period_ns(), 1'000'000);
  std::int64_t due_ns = monotonic_ns();
  while (!actor.finished()) {
    due_ns = std::max(due_ns + period_ns, monotonic_ns());
    const timespec due = to_timespec(due_ns);
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    const auto phase = static_cast<std::size_t>(actor.score.phase.load(kRelaxed));
    actor.self.phases.at(phase).gap.add(monotonic_ns() - due_ns);
  }
  return kDone;
}

}  // namespace vsl::storm
