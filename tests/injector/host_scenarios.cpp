// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "cast.hpp"

namespace vsl::injector {
namespace {

using namespace std::chrono_literals;

/// A whole short life: nothing else is there.
void life(Run& run, const std::string& path, const HostOptions& options) {
  auto host = run.attempt("listen", [&] { return Host::listen(path, options); });
  if (host) {
    (void)run.attempt_void("process", [&] { return host->process(); });
    host.reset();  // host_closes has that
  }
  run.relieve();
  run.check(Host::listen(path, options).has_value(), "no host can be made there afterwards");
}

void host_listen(Run& run) { life(run, ipc::test::socket_path(), {}); }
void host_listen_abstract(Run& run) { life(run, ipc::test::socket_path().substr(1), {}); }
void host_listen_long_path(Run& run) {
  life(run, ipc::test::socket_path() + "-" + std::string(75, 'x'), {});
}
void host_listen_service_thread(Run& run) {
  life(run, ipc::test::socket_path(), {.service_thread = true});
}
void host_replaces_a_stale_socket(Run& run) {
  const std::string path = ipc::test::socket_path();
  {
    auto left_behind = ipc::test::must(ipc::Listener::open(path, {}));
    left_behind.abandon();
  }
  run.may_become(EAGAIN, EADDRINUSE);  // a queue that is full has a host behind it
  life(run, path, {});
}

/// A newcomer while others are served: it may have to try again, they must not notice.
template <class Newcomer>
void host_admits(Run& run, const HostOptions& options = {}) {
  HostStage stage(options);
  std::optional<Newcomer> newcomer(stage.host.path());
  for (int i = 0; i < 3; ++i) {
    (void)run.attempt_void("process", [&] { return stage.host.process(); });
  }
  stage.check_all_is_well(run);
  // A client of ours comes back by itself. One of wire v1 that was turned away knows it.
  const bool served = eventually([&] {
    const std::uint64_t serial = stage.publish();
    (void)stage.host.process().has_value();
    return (serial != 0 && newcomer->saw(serial)) || !newcomer->was_left_alone();
  });
  run.check(served, "the newcomer is neither served nor turned away");
  newcomer.emplace(stage.host.path());
  run.check(eventually([&] {
              const std::uint64_t serial = stage.publish();
              (void)stage.host.process().has_value();
              return serial != 0 && newcomer->saw(serial);
            }),
            "a later client gets no frames");
}

void host_admits_v2(Run& run) { host_admits<WitnessV2>(run); }
void host_admits_v1(Run& run) { host_admits<WitnessV1>(run); }
void host_admits_v2_with_its_own_chime(Run& run) {
  host_admits<WitnessV2>(run, {.chime_per_client = true});
}

void host_turns_away(Run& run) {
  HostStage stage({.max_clients = 2});
  const auto third = Client::connect(stage.host.path());
  for (int i = 0; i < 2; ++i) {
    (void)run.attempt_void("process", [&] { return stage.host.process(); });
  }
  stage.check_all_is_well(run);
}

/// Publishes armed; what fails must leave the frame with its owner.
std::uint64_t publish_armed(Run& run, Host& host, Pool& pool) {
  auto frame = run.attempt("acquire a frame", [&] { return pool.acquire(); });
  if (!frame) return 0;
  const auto serial = run.attempt("publish", [&] { return host.publish(std::move(*frame)); });
  if (serial) return *serial;
  run.check(static_cast<bool>(*frame), "publish failed and took the frame");
  return 0;
}

void host_publishes_first(Run& run) {
  HostStage stage;
  Pool fresh = ipc::test::must(Pool::create(small_pool()));
  for (int i = 0; i < 3; ++i) (void)publish_armed(run, stage.host, fresh);
  stage.check_all_is_well(run);
  run.check(fresh.acquire().has_value(), "the pool lost its buffers");
}

void host_publishes_steadily(Run& run) {
  HostStage stage;
  for (int i = 0; i < 12; ++i) {
    const std::uint64_t serial = publish_armed(run, stage.host, stage.pool);
    (void)stage.v2.saw(serial);
    (void)stage.v1.saw(serial);
  }
  stage.check_all_is_well(run);
}

/// Memory of the producer's own, new for every frame, that comes once and goes.
void host_publishes_foreign_memory(Run& run) {
  HostStage stage;
  const Layout layout = ipc::test::must(Layout::packed(fourcc("NV12"), 64, 32));
  for (int i = 0; i < 3; ++i) {
    // What is not sealed is opened once more for its readers.
    const auto source = i % 2 == 0 ? MemorySource::memfd : MemorySource::shm;
    auto frame = Frame::allocate(layout, {.source = source});
    if (!frame) continue;
    (void)run.attempt("publish",
                      [&] { return stage.host.publish(std::move(*frame), {.lifespan = 1ns}); });
    (void)run.attempt_void("process", [&] { return stage.host.process(); });
  }
  stage.check_all_is_well(run);
}

/// Frames are there already when somebody joins, and they are told at once.
void host_is_joined_late(Run& run) {
  HostStage stage;
  for (int i = 0; i < 5; ++i) (void)stage.publish();
  WitnessV2 late(stage.host.path());
  bool seen = false;
  for (int i = 0; i < 5 && !seen; ++i) {
    (void)run.attempt_void("process", [&] { return stage.host.process(); });
    seen = late.saw(1);
  }
  stage.check_all_is_well(run);
  run.check(eventually([&] {
              (void)stage.host.process().has_value();
              return late.saw(1) || !late.was_left_alone();
            }),
            "who joined late is neither served nor turned away");
}

/// A reader holds what a small pool needs back: frames are retired, waited for and taken back.
void host_takes_back(Run& run) {
  HostStage stage({.hold_limit = 0ns}, 4);
  Client greedy = ipc::test::must(Client::connect(stage.host.path()));
  std::vector<Lease> held;
  (void)eventually([&] {
    (void)stage.host.process().has_value();
    (void)stage.publish();
    auto frame = greedy.try_frame();
    if (frame && *frame) held.push_back(std::move(**frame));
    return !held.empty();
  });
  for (int i = 0; i < 10; ++i) {
    (void)publish_armed(run, stage.host, stage.pool);
    auto frame = greedy.try_frame();
    if (frame && *frame) held.push_back(std::move(**frame));
  }
  run.armed([&] { held.clear(); });
  (void)run.attempt_void("process", [&] { return stage.host.process(); });
  stage.check_all_is_well(run);
}

void host_withdraws(Run& run) {
  HostStage stage;
  const std::uint64_t serial = stage.publish();
  auto frame = run.attempt("withdraw", [&] { return stage.host.withdraw(serial); });
  if (frame) {
    run.check(static_cast<bool>(*frame), "a withdrawn frame is empty");
    (void)run.attempt("publish it again", [&] { return stage.host.publish(std::move(*frame)); });
  }
  stage.check_all_is_well(run);
}

void host_loses_clients(Run& run) {
  HostStage stage;
  {
    WitnessV2 leaving_v2(stage.host.path());
    WitnessV1 leaving_v1(stage.host.path());
    (void)eventually([&] {
      const auto serial = stage.publish();
      (void)stage.host.process().has_value();
      return leaving_v2.saw(serial) && leaving_v1.saw(serial);
    });
  }
  for (int i = 0; i < 2; ++i) {
    (void)run.attempt_void("process", [&] { return stage.host.process(); });
  }
  stage.check_all_is_well(run);
}

void host_is_polled(Run& run) {
  HostStage stage({.lifespan = 20ms});
  run.armed([&] { run.check(stage.host.fd() >= 0, "a host has no descriptor to poll"); });
  WitnessV2 newcomer(stage.host.path());
  for (int i = 0; i < 4; ++i) {
    (void)publish_armed(run, stage.host, stage.pool);
    (void)run.attempt("wait", [&] { return stage.host.wait(1ms); });
  }
  stage.check_all_is_well(run);
}

/// Whatever else the thread does, it goes on.
void host_serves_by_thread(Run& run) {
  std::optional<Host> host;
  {
    // Only the thread is armed, and from its first step.
    arm_new_threads(true);
    host.emplace(ipc::test::must(
        Host::listen(ipc::test::socket_path(), {.lifespan = 20ms, .service_thread = true})));
  }
  Pool pool = ipc::test::must(Pool::create(small_pool()));
  WitnessV2 v2(host->path());
  WitnessV1 v1(host->path());
  const auto both_see = [&] {
    return eventually([&] {
      auto frame = pool.acquire();
      if (!frame) return false;
      const auto serial = host->publish(std::move(*frame));
      ::usleep(1000);
      if (!v2.was_left_alone() || !v1.was_left_alone()) return true;
      const bool seen_v2 = serial && v2.saw(*serial), seen_v1 = serial && v1.saw(*serial);
      return seen_v2 && seen_v1;
    });
  };
  (void)both_see();  // who comes first may have to come again
  run.relieve();
  WitnessV2 later(host->path());
  run.check(eventually([&] {
              auto frame = pool.acquire();
              const auto serial = frame ? host->publish(std::move(*frame)) : std::uint64_t{0};
              ::usleep(1000);
              return serial && *serial != 0 && later.saw(*serial);
            }),
            "a later client gets no frames");
  host.reset();
}

void host_closes(Run& run) {
  auto stage = std::make_unique<HostStage>();
  const std::string path = stage->host.path();
  (void)stage->publish();
  run.armed([&] { stage->host.close(); });
  run.check(::access(path.c_str(), F_OK) != 0, "the socket file is still there");
  const bool told = eventually([&] {
    (void)stage->v1.saw(UINT64_MAX);
    return !stage->v1.was_left_alone();
  });
  run.check(told, "a client was not told of the end");
  run.armed([&] { stage.reset(); });
  run.relieve();
}

void inspect(Run& run) {
  HostStage stage;
  auto inspector = run.attempt("inspect", [&] { return Inspector::open(stage.host.path()); });
  if (inspector) {
    (void)run.attempt("take a snapshot", [&] { return inspector->snapshot(); });
    run.relieve();
    const auto snapshot = inspector->snapshot();
    run.check(snapshot && snapshot->clients.size() == 2, "it shows less than there is");
  }
  stage.check_all_is_well(run);
  run.check(Inspector::open(stage.host.path()).has_value(), "nobody can inspect it afterwards");
}

}  // namespace

std::vector<Scenario> host_scenarios() {
  return {
      {"host_listen",
       host_listen,
       {Call::accept, Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create,
        Call::ftruncate, Call::fallocate, Call::add_seals, Call::open, Call::stat, Call::socket,
        Call::bind, Call::listen, Call::epoll_create, Call::epoll_add, Call::epoll_wait,
        Call::eventfd, Call::timerfd_create, Call::flock}},
      {"host_listen_abstract",
       host_listen_abstract,
       {Call::accept, Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create,
        Call::ftruncate, Call::fallocate, Call::add_seals, Call::open, Call::socket, Call::bind,
        Call::listen, Call::epoll_create, Call::epoll_add, Call::epoll_wait, Call::eventfd,
        Call::timerfd_create}},
      {"host_listen_long_path",
       host_listen_long_path,
       {Call::accept, Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create,
        Call::ftruncate, Call::fallocate, Call::add_seals, Call::open, Call::stat, Call::socket,
        Call::bind, Call::listen, Call::epoll_create, Call::epoll_add, Call::epoll_wait,
        Call::eventfd, Call::timerfd_create, Call::flock}},
      {"host_listen_service_thread",
       host_listen_service_thread,
       {Call::accept,       Call::operator_new,   Call::mmap,      Call::madvise,
        Call::memfd_create, Call::ftruncate,      Call::fallocate, Call::add_seals,
        Call::open,         Call::stat,           Call::socket,    Call::bind,
        Call::listen,       Call::epoll_create,   Call::epoll_add, Call::epoll_wait,
        Call::eventfd,      Call::timerfd_create, Call::flock,     Call::thread}},
      {"host_replaces_a_stale_socket",
       host_replaces_a_stale_socket,
       {Call::accept,       Call::operator_new, Call::mmap,           Call::madvise,
        Call::memfd_create, Call::ftruncate,    Call::fallocate,      Call::add_seals,
        Call::open,         Call::stat,         Call::socket,         Call::connect,
        Call::bind,         Call::listen,       Call::epoll_create,   Call::epoll_add,
        Call::epoll_wait,   Call::eventfd,      Call::timerfd_create, Call::flock}},
      {"host_admits_v2",
       host_admits_v2,
       {Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create, Call::ftruncate,
        Call::fallocate, Call::add_seals, Call::open, Call::accept, Call::send, Call::receive,
        Call::peer_pidfd, Call::epoll_add, Call::epoll_wait, Call::eventfd}},
      {"host_admits_v1",
       host_admits_v1,
       {Call::operator_new, Call::open, Call::accept, Call::receive, Call::epoll_add,
        Call::epoll_wait}},
      {"host_admits_v2_with_its_own_chime",
       host_admits_v2_with_its_own_chime,
       {Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create, Call::ftruncate,
        Call::fallocate, Call::add_seals, Call::open, Call::accept, Call::send, Call::receive,
        Call::peer_pidfd, Call::epoll_add, Call::epoll_wait, Call::eventfd}},
      {"host_turns_away",
       host_turns_away,
       {Call::open, Call::operator_new, Call::accept, Call::send, Call::receive, Call::epoll_wait}},
      {"host_publishes_first", host_publishes_first, {Call::operator_new, Call::send, Call::stat}},
      {"host_publishes_steadily",
       host_publishes_steadily,
       {Call::operator_new, Call::send, Call::stat}},
      {"host_publishes_foreign_memory",
       host_publishes_foreign_memory,
       {Call::accept, Call::operator_new, Call::send, Call::epoll_wait, Call::open, Call::stat}},
      {"host_is_joined_late",
       host_is_joined_late,
       {Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create, Call::ftruncate,
        Call::fallocate, Call::add_seals, Call::open, Call::accept, Call::send, Call::receive,
        Call::peer_pidfd, Call::epoll_add, Call::epoll_wait, Call::eventfd}},
      {"host_takes_back",
       host_takes_back,
       {Call::accept, Call::operator_new, Call::send, Call::receive, Call::epoll_wait, Call::stat}},
      {"host_withdraws", host_withdraws, {Call::send}},
      {"host_loses_clients", host_loses_clients, {Call::accept, Call::receive, Call::epoll_wait}},
      {"host_is_polled",
       host_is_polled,
       {Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create, Call::ftruncate,
        Call::fallocate, Call::add_seals, Call::open, Call::accept, Call::send, Call::receive,
        Call::peer_pidfd, Call::epoll_add, Call::epoll_wait, Call::eventfd, Call::poll,
        Call::stat}},
      {"host_serves_by_thread",
       host_serves_by_thread,
       {Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create, Call::ftruncate,
        Call::fallocate, Call::add_seals, Call::open, Call::accept, Call::send, Call::receive,
        Call::peer_pidfd, Call::epoll_add, Call::epoll_wait, Call::eventfd, Call::poll}},
      // A socket file that cannot be looked at may be another host's: it stays, and the next host
      // replaces it.
      {"host_closes", host_closes, {Call::operator_new}, {Call::stat, Call::receive}},
      // Where it cannot be seen that nothing was sent to us, a thread ends the connection some
      // time.
      {"inspect",
       inspect,
       {Call::operator_new, Call::heap, Call::mmap, Call::open, Call::stat, Call::socket,
        Call::connect, Call::opendir},
       {Call::receive}},
  };
}

}  // namespace vsl::injector
