// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#define VSL_TARGET_VERSION 2007000
#include "videostream.h"

#include <stop_token>
#include <thread>

#include "cast.hpp"

/// The same lives through the C functions.
namespace vsl::injector {
namespace {

constexpr std::uint32_t kNv12 = VSL_FOURCC('N', 'V', '1', '2');

VSLFrame* make_frame(Run& run) {
  return run.attempt_c<VSLFrame*>(
      "vsl_frame_init", nullptr, [] { return vsl_frame_init(64, 32, 0, kNv12, nullptr, nullptr); });
}

void release_frame(Run& run, VSLFrame* frame) {
  if (frame != nullptr) run.armed([&] { vsl_frame_release(frame); });
}

/// A frame with memory, or nullptr; disarmed it must come.
VSLFrame* frame_with_memory(Run& run) {
  VSLFrame* frame = make_frame(run);
  if (frame == nullptr) return nullptr;
  const int done =
      run.attempt_c("vsl_frame_alloc", -1, [&] { return vsl_frame_alloc(frame, nullptr); });
  if (done == 0) return frame;
  release_frame(run, frame);
  return nullptr;
}

void check_frame_works(Run& run) {
  run.relieve();
  VSLFrame* frame = vsl_frame_init(64, 32, 0, kNv12, nullptr, nullptr);
  run.check(frame != nullptr && vsl_frame_alloc(frame, nullptr) == 0 &&
                vsl_frame_mmap(frame, nullptr) != nullptr,
            "no frame can be made afterwards");
  if (frame != nullptr) vsl_frame_release(frame);
}

void c_frame_alloc(Run& run, const char* path) {
  VSLFrame* frame = make_frame(run);
  if (frame != nullptr) {
    const auto alloc = [&] { return vsl_frame_alloc(frame, path); };
    if (run.attempt_c("vsl_frame_alloc", -1, alloc) == 0) {
      (void)run.attempt_c<void*>("vsl_frame_mmap", nullptr,
                                 [&] { return vsl_frame_mmap(frame, nullptr); });
    } else {
      run.check(vsl_frame_handle(frame) < 0, "a frame without memory shows a handle");
    }
    release_frame(run, frame);
  }
  check_frame_works(run);
}

void c_frame_alloc_automatic(Run& run) { c_frame_alloc(run, nullptr); }
void c_frame_alloc_shm(Run& run) {
  c_frame_alloc(run, ("/injector-" + std::to_string(::getpid())).c_str());
}

void c_frame_attach(Run& run) {
  const auto memory =
      ipc::test::must(Buffer::allocate(10000, {MemorySource::memfd, {}, Access::read_write}));
  VSLFrame* frame = run.attempt_c<VSLFrame*>("vsl_frame_init", nullptr, [] {
    const auto close_handle = [](VSLFrame* ending) { ::close(vsl_frame_handle(ending)); };
    return vsl_frame_init(64, 32, 0, kNv12, nullptr, close_handle);
  });
  if (frame != nullptr) {
    const int done = run.attempt_c("vsl_frame_attach", -1,
                                   [&] { return vsl_frame_attach(frame, memory->fd(), 0, 0); });
    if (done == 0) {
      (void)run.attempt_c<void*>("vsl_frame_mmap", nullptr,
                                 [&] { return vsl_frame_mmap(frame, nullptr); });
    }
    release_frame(run, frame);
  }
  check_frame_works(run);
}

// --- host
// -----------------------------------------------------------------------------------------

void c_host_lives(Run& run) {
  const std::string path = ipc::test::socket_path();
  const auto init = [&] { return vsl_host_init(path.c_str()); };
  VSLHost* host = run.attempt_c<VSLHost*>("vsl_host_init", nullptr, init);
  if (host != nullptr) {
    (void)run.attempt_c("vsl_host_process", -1, [&] { return vsl_host_process(host); });
    run.armed([&] { vsl_host_release(host); });
  }
  run.relieve();
  host = init();
  run.check(host != nullptr, "no host can be made there afterwards");
  vsl_host_release(host);
}

/// A C host with a client of each wire version, which get frames.
struct CHostStage {
  CHostStage() : path(ipc::test::socket_path()), host(vsl_host_init(path.c_str())) {
    if (host == nullptr) std::abort();
    v2.emplace(path);
    v1.emplace(path);
    if (!all_see_a_new_frame()) std::abort();
  }
  ~CHostStage() { vsl_host_release(host); }
  CHostStage(const CHostStage&) = delete;
  CHostStage& operator=(const CHostStage&) = delete;

  std::uint64_t post() {
    VSLFrame* frame = vsl_frame_init(64, 32, 0, kNv12, nullptr, nullptr);
    if (frame == nullptr) return 0;
    if (vsl_frame_alloc(frame, nullptr) == 0 &&
        vsl_host_post(host, frame, vsl_timestamp() + 100'000'000, 0, 0, 0) == 0) {
      return static_cast<std::uint64_t>(vsl_frame_serial(frame));
    }
    vsl_frame_release(frame);
    return 0;
  }
  bool all_see_a_new_frame() {
    return all_see([&] { return post(); }, [&] { (void)vsl_host_process(host); }, *v2, *v1);
  }
  void check_all_is_well(Run& run) {
    run.relieve();
    run.check(all_see_a_new_frame(), "a client that was connected gets no frames any more");
    run.check(v2->was_left_alone(), "a client of wire v2 lost its connection");
    run.check(v1->was_left_alone(), "a client of wire v1 lost its connection");
  }

  std::string path;
  VSLHost* host;
  std::optional<WitnessV2> v2;
  std::optional<WitnessV1> v1;
};

void c_host_posts(Run& run) {
  CHostStage stage;
  for (int i = 0; i < 4; ++i) {
    VSLFrame* frame = frame_with_memory(run);
    if (frame == nullptr) continue;
    const int posted = run.attempt_c("vsl_host_post", -1, [&] {
      return vsl_host_post(stage.host, frame, vsl_timestamp() + 100'000'000, 0, 0, 0);
    });
    if (posted != 0) {
      run.check(vsl_frame_handle(frame) >= 0, "a post that failed took the frame's memory");
      release_frame(run, frame);
    } else if (i == 2) {
      (void)run.attempt_c("vsl_host_drop", -1, [&] { return vsl_host_drop(stage.host, frame); });
      release_frame(run, frame);
    }
    (void)run.attempt_c("vsl_host_process", -1, [&] { return vsl_host_process(stage.host); });
  }
  stage.check_all_is_well(run);
}

/// The way old programs drive a host: poll, then every socket by hand.
template <class Newcomer>
void c_host_services(Run& run) {
  CHostStage stage;
  std::optional<Newcomer> newcomer(stage.path);
  for (int i = 0; i < 3; ++i) {
    (void)run.attempt_c("vsl_host_poll", -1, [&] { return vsl_host_poll(stage.host, 0); });
    int sockets[8] = {};
    std::size_t count = 0;
    const int listed = run.attempt_c(
        "vsl_host_sockets", -1, [&] { return vsl_host_sockets(stage.host, 8, sockets, &count); });
    for (std::size_t k = 0; listed == 0 && k < count; ++k) {
      run.armed([&] { (void)vsl_host_service(stage.host, sockets[k]); });  // mostly: no message
    }
  }
  stage.check_all_is_well(run);
  newcomer.emplace(stage.path);
  run.check(eventually([&] {
              const std::uint64_t serial = stage.post();
              (void)vsl_host_process(stage.host);
              return serial != 0 && newcomer->saw(serial);
            }),
            "a later client gets no frames");
}

// --- client
// ---------------------------------------------------------------------------------------

/// A frame through C, armed, with all that is done to it.
void receive_armed(Run& run, VSLClient* client) {
  // For the question to a host of wire v1 there was no room, or its answer cannot be read.
  for (const int other : {EINTR, ENOMEM, ENOBUFS, ETOOMANYREFS}) run.may_become(other, EAGAIN);
  for (const int other : {EAGAIN, EINTR, ENOMEM, ENOBUFS}) run.may_become(other, ETIMEDOUT);
  VSLFrame* frame = run.attempt_c_or<VSLFrame*>("vsl_frame_wait", nullptr, ETIMEDOUT,
                                                [&] { return vsl_frame_wait(client, 0); });
  if (frame == nullptr) return;
  if (run.attempt_c("vsl_frame_trylock", -1, [&] { return vsl_frame_trylock(frame); }) == 0) {
    const void* data = run.attempt_c<void*>("vsl_frame_mmap", nullptr,
                                            [&] { return vsl_frame_mmap(frame, nullptr); });
    if (data != nullptr) run.armed([&] { vsl_frame_munmap(frame); });
    run.armed([&] { (void)vsl_frame_unlock(frame); });
  }
  release_frame(run, frame);
}

/// Whether a frame comes and can be read, whatever it takes.
template <class World>
bool receives(World& world, VSLClient* client) {
  return eventually([&] {
    world.post();
    VSLFrame* frame = vsl_frame_wait(client, 0);
    world.serve();
    if (frame == nullptr) return false;
    const bool locked = vsl_frame_trylock(frame) == 0;
    const bool good = locked && vsl_frame_mmap(frame, nullptr) != nullptr;
    vsl_frame_release(frame);
    return good;
  });
}

VSLClient* connect_c(const std::string& path) {
  VSLClient* client = vsl_client_init(path.c_str(), nullptr, true);
  if (client != nullptr) vsl_client_set_timeout(client, 0.001F);
  return client;
}

/// A host that answers a lock while a client of this thread waits for it cannot be had in one
/// thread: with wire v1 it is served by another.
template <class World>
class Served {
 public:
  explicit Served(World& world) {
    if (!World::kIsV1) return;
    thread_ = std::jthread([&world](const std::stop_token& stop) {
      const Disarmed disarmed;
      while (!stop.stop_requested()) {
        world.serve();
        ::usleep(200);
      }
    });
  }

 private:
  std::jthread thread_;
};

template <class World>
void c_client_connects(Run& run) {
  World world;
  const Served<World> served(world);
  // What old programs know of; vsl_last_error() says which it was.
  for (const int other : {ENOBUFS, EAGAIN, EINTR}) run.may_become(other, ECONNREFUSED);
  VSLClient* client = run.attempt_c<VSLClient*>("vsl_client_init", nullptr, [&] {
    return vsl_client_init(world.path().c_str(), nullptr, true);
  });
  if (client != nullptr) {
    vsl_client_set_timeout(client, 0.001F);
    world.post();
    receive_armed(run, client);
    run.armed([&] { vsl_client_release(client); });
  }
  run.relieve();
  client = connect_c(world.path());
  if (run.check(client != nullptr, "nobody can connect afterwards")) {
    run.check(receives(world, client), "a later client gets no frames");
  }
  vsl_client_release(client);
}

template <class World>
void c_client_receives(Run& run) {
  World world;
  const Served<World> served(world);
  VSLClient* client = connect_c(world.path());
  for (int i = 0; i < run.rounds(8); ++i) {
    world.post();
    receive_armed(run, client);
    world.serve();
  }
  run.relieve();
  run.check(receives(world, client), "the client gets no frames any more");
  run.armed([&] { vsl_client_release(client); });
}

template <class World>
void c_client_reconnects(Run& run) {
  World world;
  const Served<World> served(world);
  VSLClient* client = connect_c(world.path());
  run.check(receives(world, client), "a new client gets no frames");
  world.restart();
  for (int i = 0; i < run.rounds(6); ++i) {
    receive_armed(run, client);
    world.post();
  }
  run.relieve();
  run.check(receives(world, client), "the client gets no frames any more");
  VSLFrame* kept = vsl_frame_wait(client, 0);
  run.armed([&] { vsl_client_release(client); });
  release_frame(run, kept);
}

}  // namespace

std::vector<Scenario> c_scenarios() {
  return {
      {"c_frame_alloc",
       c_frame_alloc_automatic,
       {Call::operator_new, Call::mmap, Call::memfd_create, Call::ftruncate, Call::fallocate,
        Call::add_seals, Call::open, Call::stat}},
      {"c_frame_alloc_shm",
       c_frame_alloc_shm,
       {Call::operator_new, Call::mmap, Call::ftruncate, Call::posix_fallocate, Call::shm_open,
        Call::open, Call::stat}},
      {"c_frame_attach",
       c_frame_attach,
       {Call::operator_new, Call::mmap, Call::duplicate_fd, Call::stat}},
      {"c_host_lives",
       c_host_lives,
       {Call::accept, Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create,
        Call::ftruncate, Call::fallocate, Call::add_seals, Call::open, Call::stat, Call::socket,
        Call::bind, Call::listen, Call::epoll_create, Call::epoll_add, Call::epoll_wait,
        Call::eventfd, Call::timerfd_create, Call::flock}},
      {"c_host_posts",
       c_host_posts,
       {Call::accept, Call::operator_new, Call::mmap, Call::memfd_create, Call::ftruncate,
        Call::fallocate, Call::add_seals, Call::open, Call::stat, Call::send, Call::epoll_wait}},
      {"c_host_services_v2",
       c_host_services<WitnessV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::memfd_create, Call::ftruncate,
        Call::fallocate, Call::add_seals, Call::open, Call::accept, Call::send, Call::receive,
        Call::peer_pidfd, Call::epoll_add, Call::eventfd, Call::poll}},
      {"c_host_services_v1",
       c_host_services<WitnessV1>,
       {Call::operator_new, Call::open, Call::accept, Call::receive, Call::epoll_add, Call::poll}},
      {"c_client_connects_v2",
       c_client_connects<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::socket, Call::connect,
        Call::send, Call::receive, Call::eventfd, Call::poll}},
      {"c_client_connects_v1",
       c_client_connects<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::socket,
        Call::connect, Call::send, Call::receive, Call::eventfd, Call::poll}},
      {"c_client_receives_v2",
       c_client_receives<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::send, Call::receive,
        Call::poll}},
      {"c_client_receives_v1",
       c_client_receives<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::send,
        Call::receive, Call::poll}},
      {"c_client_reconnects_v2",
       c_client_reconnects<WorldV2>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::stat, Call::socket, Call::connect,
        Call::send, Call::receive, Call::poll}},
      {"c_client_reconnects_v1",
       c_client_reconnects<WorldV1>,
       {Call::operator_new, Call::mmap, Call::madvise, Call::duplicate_fd, Call::stat, Call::socket,
        Call::connect, Call::send, Call::receive, Call::poll}},
  };
}

}  // namespace vsl::injector
