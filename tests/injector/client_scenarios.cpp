// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include "cast.hpp"

namespace vsl::injector {
namespace {

using namespace std::chrono_literals;

/// A frame, whatever it takes; nothing after ten seconds.
template <class World>
Lease next_frame(World& world, Client& client) {
  Lease lease;
  (void)eventually([&] {
    world.post();
    auto frame = client.try_frame();
    if (frame && *frame) lease = std::move(**frame);
    world.serve();
    return static_cast<bool>(lease);
  });
  return lease;
}

/// What must hold after any fault in the client: it receives again, and can read.
template <class World>
void check_receives(Run& run, World& world, Client& client) {
  run.relieve();
  const Lease lease = next_frame(world, client);
  if (!run.check(static_cast<bool>(lease), "the client gets no frames any more")) return;
  run.check(!lease.plane(0).empty(), "the client cannot read its frame");
}

/// Another client of the same host, healthy: it must not notice anything.
template <class World>
class Neighbour {
 public:
  explicit Neighbour(World& world)
      : world_(world), client_(ipc::test::must(Client::connect(world.path()))) {
    if (!next_frame(world, client_)) std::abort();
  }
  void check(Run& run) {
    run.check(static_cast<bool>(next_frame(world_, client_)), "its neighbour gets no frames");
    run.check(client_.stats().reconnects == 0, "its neighbour lost the connection");
  }

 private:
  World& world_;
  Client client_;
};

/// One look for a frame, armed, and the frame read.
void receive_armed(Run& run, Client& client, bool wait = false) {
  auto frame =
      run.attempt("receive", [&] { return wait ? client.wait_frame(2ms) : client.try_frame(); });
  if (!frame || !*frame) return;
  if (run.attempt_void("map a frame", [&] { return (**frame).map(); })) {
    run.armed([&] { run.check(!(**frame).plane(0).empty(), "a mapped frame cannot be read"); });
  }
  run.armed([&] { (**frame).release(); });
}

template <class World>
void client_connects(Run& run) {
  World world;
  Neighbour<World> neighbour(world);
  auto client = run.attempt("connect", [&] { return Client::connect(world.path()); });
  if (client) {
    for (int i = 0; i < 2; ++i) {
      world.serve();
      receive_armed(run, *client);
    }
    check_receives(run, world, *client);
    run.armed([&] { client.reset(); });
  }
  run.relieve();
  auto again = Client::connect(world.path());
  if (run.check(again.has_value(), "nobody can connect afterwards")) {
    check_receives(run, world, *again);
  }
  neighbour.check(run);
}

template <class World>
void client_receives_first(Run& run) {
  World world;
  Neighbour<World> neighbour(world);
  Client client = ipc::test::must(Client::connect(world.path()));
  for (int i = 0; i < 4; ++i) {
    world.post();
    receive_armed(run, client);
  }
  check_receives(run, world, client);
  neighbour.check(run);
}

template <class World>
void client_receives_steadily(Run& run) {
  World world;
  Neighbour<World> neighbour(world);
  Client client = ipc::test::must(Client::connect(world.path()));
  (void)next_frame(world, client);
  for (int i = 0; i < 10; ++i) {
    world.post();
    receive_armed(run, client, true);
    world.serve();
  }
  check_receives(run, world, client);
  neighbour.check(run);
}

template <class World>
void client_joins_late(Run& run) {
  World world;
  Neighbour<World> neighbour(world);
  for (int i = 0; i < 5; ++i) world.post();
  auto client = run.attempt(
      "connect", [&] { return Client::connect(world.path(), {.policy = Policy::in_order()}); });
  if (client) {
    for (int i = 0; i < 4; ++i) {
      world.post();
      receive_armed(run, *client);
    }
    check_receives(run, world, *client);
  }
  run.relieve();
  neighbour.check(run);
}

template <class World>
void client_reconnects(Run& run) {
  World world;
  Client client = ipc::test::must(Client::connect(world.path()));
  (void)next_frame(world, client);
  world.restart();
  for (int i = 0; i < 8; ++i) {
    receive_armed(run, client);
    world.post();
    ::usleep(1000);
  }
  check_receives(run, world, client);
  Neighbour<World>(world).check(run);
}

/// Without a host there is nothing but waiting; then the host comes.
template <class World>
void client_waits_for_a_host(Run& run) {
  World world;
  world.end();
  auto client = run.attempt_or(
      "connect", ENOENT, [&] { return Client::connect(world.path(), {.connect_timeout = 3ms}); });
  run.check(!client, "a client connected to nobody");
  world.restart();
  Neighbour<World>(world).check(run);
}

template <class World>
void client_is_polled(Run& run) {
  World world;
  Neighbour<World> neighbour(world);
  Client client = ipc::test::must(Client::connect(world.path()));
  run.armed([&] { (void)client.fd(); });
  for (int i = 0; i < 4; ++i) {
    world.post();
    receive_armed(run, client);
    receive_armed(run, client);
    world.serve();
  }
  run.relieve();
  pollfd ready{client.fd(), POLLIN, 0};
  run.check(ready.fd >= 0, "the client has no descriptor to poll afterwards");
  // Not only that frames come: the descriptor says so.
  Lease lease;
  const bool told = eventually([&] {
    world.post();
    if (::poll(&ready, 1, 20) <= 0) return false;
    auto frame = client.try_frame();
    if (frame && *frame) lease = std::move(**frame);
    world.serve();
    return static_cast<bool>(lease);
  });
  run.check(told, "the descriptor does not tell of frames");
  neighbour.check(run);
}

/// Leases of every kind, and the client gone before them.
template <class World>
void client_closes(Run& run) {
  World world;
  Neighbour<World> neighbour(world);
  std::optional<Client> client(ipc::test::must(Client::connect(world.path())));
  Lease first = next_frame(world, *client), second = next_frame(world, *client);
  (void)first.map().has_value();
  run.armed([&] { first.release(); });
  run.armed([&] { client.reset(); });
  (void)run.attempt_void("map a frame", [&] { return second.map(); });
  run.armed([&] { second.release(); });
  run.relieve();
  neighbour.check(run);
}

}  // namespace

std::vector<Scenario> client_scenarios() {
  return {
      {"client_connects_v2",
       client_connects<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::socket, Call::connect,
        Call::send, Call::receive, Call::eventfd}},
      {"client_connects_v1",
       client_connects<WorldV1>,
       {Call::operator_new, Call::socket, Call::connect, Call::send, Call::receive, Call::eventfd}},
      {"client_receives_first_v2",
       client_receives_first<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::send, Call::receive}},
      {"client_receives_first_v1",
       client_receives_first<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::send,
        Call::receive}},
      {"client_receives_steadily_v2",
       client_receives_steadily<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::receive}},
      {"client_receives_steadily_v1",
       client_receives_steadily<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::send,
        Call::receive, Call::poll}},
      {"client_joins_late_v2",
       client_joins_late<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::socket, Call::connect,
        Call::send, Call::receive, Call::eventfd}},
      {"client_joins_late_v1",
       client_joins_late<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::socket,
        Call::connect, Call::send, Call::receive, Call::eventfd}},
      {"client_reconnects_v2",
       client_reconnects<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::socket, Call::connect,
        Call::send, Call::receive}},
      {"client_reconnects_v1",
       client_reconnects<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::socket,
        Call::connect, Call::send, Call::receive}},
      {"client_waits_for_a_host",
       client_waits_for_a_host<WorldV2>,
       {Call::operator_new, Call::socket, Call::connect, Call::eventfd, Call::poll}},
      {"client_is_polled_v2",
       client_is_polled<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::send, Call::receive,
        Call::epoll_create, Call::epoll_add, Call::timerfd_create}},
      {"client_is_polled_v1",
       client_is_polled<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::send,
        Call::receive, Call::epoll_create, Call::epoll_add, Call::timerfd_create}},
      {"client_closes_v2", client_closes<WorldV2>, {Call::mmap, Call::madvise}, {Call::receive}},
      {"client_closes_v1",
       client_closes<WorldV1>,
       {Call::mmap, Call::send, Call::madvise},
       {Call::receive}},
  };
}

}  // namespace vsl::injector
