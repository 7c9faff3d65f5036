// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "videostream/client.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

namespace vsl::bench {
namespace {

struct Producer {
  Host host;
  Pool pool;
};

Result<Producer> open_producer(const std::string& path) {
  VSL_TRY(Host host, Host::listen(path));
  PoolOptions options;
  options.format = fourcc("NV12");
  options.width_px = 1920;
  options.height_px = 1080;
  options.buffers = 16;
  options.memory.source = MemorySource::memfd;
  VSL_TRY(Pool pool, Pool::create(options));
  return Producer{std::move(host), std::move(pool)};
}

Result<std::uint64_t> post_one(Producer& producer) {
  VSL_TRY(Frame frame, producer.pool.acquire());
  return producer.host.publish(std::move(frame));
}

std::string socket_path() { return "vsl-micro-bench-" + std::to_string(::getpid()); }

// The producer's loop with nobody there.
void acquire_and_publish(benchmark::State& state) {
  auto producer = open_producer(socket_path());
  if (!producer) return state.SkipWithError(producer.error().message().c_str());
  for (auto _ : state) {
    if (const auto serial = post_one(*producer); !serial) {
      return state.SkipWithError(serial.error().message().c_str());
    }
  }
}
BENCHMARK(acquire_and_publish);

// The same, and a client in the same thread that takes each frame: nobody sleeps, so this is what
// the bus costs without the kernel's wake-up.
void publish_and_receive(benchmark::State& state) {
  auto producer = open_producer(socket_path());
  if (!producer) return state.SkipWithError(producer.error().message().c_str());
  auto client = Client::connect(socket_path());
  if (!client) return state.SkipWithError(client.error().message().c_str());
  for (auto _ : state) {
    const auto serial = post_one(*producer);
    if (!serial) return state.SkipWithError(serial.error().message().c_str());
    const auto lease = client->try_frame();
    if (!lease) return state.SkipWithError(lease.error().message().c_str());
    if (*lease) benchmark::DoNotOptimize((*lease)->plane(0).data());
  }
  state.counters["delivered"] = static_cast<double>(client->stats().delivered);
}
BENCHMARK(publish_and_receive);

}  // namespace
}  // namespace vsl::bench
