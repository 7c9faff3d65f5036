// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>

#include "base/clock.hpp"
#include "videostream/client.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

/// A host, its pool and its clients in one process, for tests.
namespace vsl::ipc::test {

inline std::string socket_path() {
  static std::atomic<int> count{0};
  return "/tmp/vsl-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

inline void fill(Frame& frame, std::uint8_t value) {
  for (std::size_t i = 0; i < frame.info().layout.plane_count; ++i) {
    const auto plane = frame.plane(i);
    std::memset(plane.data(), value, plane.size());
  }
}

inline int first_byte(const Lease& lease) { return std::to_integer<int>(lease.plane(0)[0]); }

/// A Result's value, or an abort that says why: for what must work before a test can begin.
template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::abort();
  }
  return std::move(*result);
}

struct Bus {
  explicit Bus(HostOptions options_in = {}, std::uint32_t buffers = 8,
               MemoryOptions memory = {.source = MemorySource::memfd})
      : options(options_in),
        host(must(Host::listen(socket_path(), options))),
        pool(must(Pool::create({.format = fourcc("NV12"),
                                .width_px = 64,
                                .height_px = 32,
                                .buffers = buffers,
                                .memory = std::move(memory)}))) {}

  std::string path() const { return host.path(); }
  Client client(ClientOptions client_options = {}) {
    Client connected = must(Client::connect(path(), client_options));
    (void)host.process().has_value();
    return connected;
  }
  Frame acquire() { return must(pool.acquire()); }
  std::uint64_t publish(std::uint8_t value, std::chrono::nanoseconds lifespan = {}) {
    Frame frame = acquire();
    fill(frame, value);
    return must(host.publish(std::move(frame), {.lifespan = lifespan}));
  }
  /// The next frame, while the host is looked after too; an empty lease after 10 s.
  Lease next(Client& client) {
    Lease lease;
    (void)until([&] {
      auto frame = client.try_frame();
      if (frame && *frame) lease = std::move(**frame);
      return static_cast<bool>(lease);
    });
    return lease;
  }
  /// One frame there and back.
  bool round(Client& client) {
    const std::uint64_t serial = publish(1);
    Lease lease = next(client);
    return lease && lease.serial() == serial;
  }
  void restart() {
    const std::string same = path();
    host.close();
    host = must(Host::listen(same, options));
  }
  /// Runs the host until the condition holds; false after a minute.
  template <class Condition>
  bool until(const Condition& condition) {
    const std::int64_t give_up_ns = monotonic_ns() + 60'000'000'000;
    while (!condition()) {
      if (monotonic_ns() > give_up_ns) return false;
      (void)host.process().has_value();
    }
    return true;
  }

  HostOptions options;
  Host host;
  Pool pool;
};

}  // namespace vsl::ipc::test
