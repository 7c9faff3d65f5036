// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "host_side.hpp"

#include <unistd.h>

#include <chrono>
#include <utility>

#include "timing.hpp"

namespace vsl::bench {

std::string bench_socket() {
  static int count = 0;
  return "vsl-bench-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

Result<HostSide> HostSide::open(const Settings& settings) {
  HostOptions host_options;
  host_options.max_clients = settings.clients + 8;  // the lock and lease meters connect too
  host_options.max_clients_per_uid = host_options.max_clients;
  VSL_TRY(Host host, Host::listen(settings.socket, host_options));
  PoolOptions pool_options;
  pool_options.format = Fourcc{settings.fourcc};
  pool_options.width_px = settings.width_px;
  pool_options.height_px = settings.height_px;
  pool_options.buffers = settings.buffers;
  pool_options.memory.source = MemorySource::memfd;
  VSL_TRY(Pool pool, Pool::create(pool_options));
  return HostSide(std::move(host), std::move(pool));
}

Result<Frame> HostSide::acquire() {
  for (;;) {
    auto frame = pool_.acquire();
    if (frame || frame.error().code != std::errc::no_buffer_space) return frame;
    ++starved_;
    VSL_CHECK(serve());
  }
}

Result<void> HostSide::serve() {
  const auto busy = host_.wait(std::chrono::milliseconds(1));
  if (!busy && busy.error().code != std::errc::interrupted) return busy.error();
  return {};
}

Result<std::int64_t> HostSide::publish(const ControlPage& page, Frame frame) {
  if (page->settings.touch) {
    for (std::size_t i = 0; i < frame.info().layout.plane_count; ++i) {
      write_pages(frame.plane(i), static_cast<std::uint8_t>(next_serial_));
    }
  }
  const std::int64_t stamp_ns = now_ns();
  frame.info().times.captured_ns = stamp_ns;
  // Relaxed: publishing orders it before everything a client does with the frame.
  page->stamps_ns[next_serial_ % kStamps].store(stamp_ns, std::memory_order_relaxed);
  VSL_TRY(const std::uint64_t serial, host_.publish(std::move(frame)));
  const std::int64_t cost_ns = now_ns() - stamp_ns;
  next_serial_ = serial + 1;
  return cost_ns;
}

}  // namespace vsl::bench
