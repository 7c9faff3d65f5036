// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/resource.h>
#include <unistd.h>

#include <deque>
#include <string>

#include "base/clock.hpp"
#include "roles.hpp"
#include "videostream/client.hpp"

/// Clients that use the library as it is meant to be used, in circumstances it did not choose.
namespace vsl::storm {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1'000'000;

struct Held {
  Lease lease;
  std::uint64_t session = 0;  // it may outlive it
  std::int64_t until_ns = 0;
};

/// A client and the frames in its hands; each is read when it comes and again before it goes.
class Holder {
 public:
  static Result<Holder> connect(Actor& actor) {
    VSL_TRY(Client client, Client::connect(actor.path(), {.policy = Policy::in_order(),
                                                          .name = "storm holder",
                                                          .connect_timeout = 60s,
                                                          .max_leases = 20}));
    return Holder(actor, std::move(client));
  }

  /// Takes the next frame, for so long; false when there is none, or no lease for it.
  bool take(std::int64_t for_ns, std::chrono::nanoseconds patience) {
    auto lease = client_.wait_frame(patience);
    if (!lease || !*lease) return false;
    Held held{std::move(**lease), client_.stats().epoch, monotonic_ns() + for_ns};
    account_.arrived(held.session, held.lease.serial(), held.lease.published_ns());
    read(held);
    held_.push_back(std::move(held));
    return true;
  }
  /// Gives back what was held for long enough.
  void give_back(std::int64_t now_ns) {
    std::erase_if(held_, [&](Held& held) {
      if (held.until_ns > now_ns) return false;
      read(held);
      return true;
    });
  }
  /// Lets go of what was taken from us, once we have seen that we were told.
  void drop_taken_back() {
    std::erase_if(held_, [&](Held& held) {
      if (held.lease.valid()) return false;
      read(held);
      return true;
    });
  }
  std::size_t held() const { return held_.size(); }
  void forget() { held_.clear(); }

 private:
  Holder(Actor& actor, Client client) : client_(std::move(client)), account_(actor) {}
  void read(const Held& held) {
    const Lease& lease = held.lease;
    account_.read(held.session, lease.serial(), lease.plane(0), [&] { return lease.valid(); });
  }

  Client client_;
  Account account_;
  std::deque<Held> held_;
};

int give_up(Actor& actor, const Error& error) {
  find(actor.self, error.message());
  return kGaveUp;
}

}  // namespace

int run_slow(Actor& actor) {
  auto holder = Holder::connect(actor);
  if (!holder) return give_up(actor, holder.error());
  const std::uint64_t most = 1 + below(actor.random, 4);
  while (!actor.finished()) {
    if (holder->held() < most) {
      (void)holder->take(between(actor.random, 5 * kMs, 400 * kMs), 20ms);
    } else {
      ::usleep(5000);
    }
    holder->give_back(monotonic_ns());
  }
  return kDone;
}

int run_greedy(Actor& actor) {
  auto holder = Holder::connect(actor);
  if (!holder) return give_up(actor, holder.error());
  while (!actor.finished()) {
    const std::int64_t until_ns = monotonic_ns() + between(actor.random, 50 * kMs, 1500 * kMs);
    while (monotonic_ns() < until_ns && !actor.finished()) {
      if (!holder->take(INT64_MAX / 2, 20ms)) ::usleep(5000);  // all leases are taken
    }
    count(actor.self.acts);
    holder->give_back(INT64_MAX);
  }
  return kDone;
}

int run_hoarder(Actor& actor) {
  auto holder = Holder::connect(actor);
  if (!holder) return give_up(actor, holder.error());
  while (!actor.finished()) {
    if (!holder->take(INT64_MAX / 2, 5ms)) ::usleep(1000);  // all leases are taken
    holder->drop_taken_back();
    actor.self.held.store(static_cast<std::uint32_t>(holder->held()), kRelaxed);
  }
  holder->give_back(INT64_MAX);
  return kDone;
}

int run_starver(Actor& actor) {
  while (!actor.finished()) {
    // So few that something or other cannot be opened, received or mapped.
    const int next = ::dup(0);
    ::close(next);
    rlimit few{};
    ::getrlimit(RLIMIT_NOFILE, &few);
    few.rlim_cur = static_cast<rlim_t>(next) + below(actor.random, 14);
    if (!kSanitized) ::setrlimit(RLIMIT_NOFILE, &few);
    count(actor.self.acts);
    auto client = Client::connect(actor.path());
    if (!client) {
      ::usleep(20'000);
      continue;
    }
    Account account(actor);
    for (int i = 0; i < 20 && !actor.finished(); ++i) {
      auto lease = client->wait_frame(20ms);
      if (!lease || !*lease || (*lease)->plane(0).empty()) continue;  // nothing to map it with
      const Lease& frame = **lease;
      const std::uint64_t session = client->stats().epoch;
      account.arrived(session, frame.serial(), frame.published_ns());
      account.read(session, frame.serial(), frame.plane(0), [&] { return frame.valid(); });
    }
  }
  return kDone;
}

int run_forker(Actor& actor) {
  auto holder = Holder::connect(actor);
  if (!holder) return give_up(actor, holder.error());
  while (!actor.finished()) {
    for (int i = 0; i < 3; ++i) (void)holder->take(200 * kMs, 50ms);
    count(actor.self.acts);
    const auto child_ms = static_cast<useconds_t>(between(actor.random, 1, 300));
    const bool die = below(actor.random, 3) == 0;
    const bool destroy = below(actor.random, 2) == 0;
    if (::fork() == 0) {
      // A copy of everything: it may be dropped, or kept until the end.
      if (destroy) holder->forget();
      ::usleep(child_ms * 1000);
      ::_exit(kDone);
    }
    if (die) ::_exit(kDone);  // with frames in its hands, and a child that has the sockets
    holder->give_back(monotonic_ns());
  }
  return kDone;
}

int run_execer(Actor& actor) {
  auto holder = Holder::connect(actor);
  if (!holder) return give_up(actor, holder.error());
  const auto most = below(actor.random, 8);
  for (std::uint64_t i = 0; i < most; ++i) (void)holder->take(INT64_MAX / 2, 50ms);
  count(actor.self.acts);
  // Nothing is given back by us: what is close-on-exec goes, the rest would stay for ever.
  ::execl("/bin/sleep", "sleep", "0.2", nullptr);
  return kGaveUp;
}

}  // namespace vsl::storm
