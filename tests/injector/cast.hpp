// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <unistd.h>

#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "ipc/address.hpp"
#include "ipc/socket.hpp"
#include "ipc/testing.hpp"
#include "run.hpp"
#include "videostream/inspect.hpp"
#include "wire/v1.hpp"
#include "wire/v2_messages.hpp"

/// The healthy programs around the one that is under test. None of their calls fails.
namespace vsl::injector {

inline constexpr std::int64_t kPatienceNs = 10'000'000'000;

/// Runs `step` until it returns true, disarmed; false after ten seconds.
template <class Step>
bool eventually(const Step& step) {
  const Disarmed disarmed;
  const std::int64_t give_up_ns = monotonic_ns() + kPatienceNs;
  while (!step()) {
    if (monotonic_ns() > give_up_ns) return false;
    ::usleep(200);
  }
  return true;
}

/// A client of wire v2 that must never notice anything.
class WitnessV2 {
 public:
  explicit WitnessV2(const std::string& path)
      : client_(ipc::test::must(
            Client::connect(path, {.connect_timeout = std::chrono::nanoseconds(kPatienceNs)}))) {}
  /// Whether it has had a frame at or after this one.
  bool saw(std::uint64_t serial) {
    auto frame = client_.try_frame();
    if (frame && *frame) last_ = (*frame)->serial();
    return last_ >= serial;
  }
  bool was_left_alone() const { return client_.stats().reconnects == 0 && client_.connected(); }

 private:
  Client client_;
  std::uint64_t last_ = 0;
};

/// A client of wire v1, by hand: it never says hello.
class WitnessV1 {
 public:
  explicit WitnessV1(const std::string& path)
      : socket_(ipc::test::must(ipc::connect_socket(path))) {}
  bool saw(std::uint64_t serial) {
    ipc::Packet packet;
    for (;;) {
      const auto received = ipc::receive_packet(socket_.get(), packet);
      if (received == ipc::Transfer::closed) ended_ = true;
      if (received != ipc::Transfer::done) return last_ >= serial;
      const auto event = wire::v1::parse_event(packet.bytes());
      if (event.serial > 0 && packet.fd_count == 1) {
        last_ = static_cast<std::uint64_t>(event.serial);
      }
    }
  }
  bool was_left_alone() const { return !ended_; }

 private:
  UniqueFd socket_;
  std::uint64_t last_ = 0;
  bool ended_ = false;
};

/// Publishes until both have had a frame that is new.
template <class Publish, class Process>
bool all_see(const Publish& publish, const Process& process, WitnessV2& v2, WitnessV1& v1) {
  std::uint64_t first = 0;
  int looks = 0;
  return eventually([&] {
    process();
    constexpr int kLooks = 8;  // then another one: this one may have expired, or not have fitted
    if (looks++ % kLooks == 0 || first == 0) {
      const std::uint64_t serial = publish();
      if (first == 0) first = serial;
    }
    const bool seen_v2 = v2.saw(first), seen_v1 = v1.saw(first);  // both are to read what came
    return first != 0 && seen_v2 && seen_v1;
  });
}

inline PoolOptions small_pool(std::uint32_t buffers = 8) {
  return {.format = fourcc("NV12"),
          .width_px = 64,
          .height_px = 32,
          .buffers = buffers,
          .memory = {.source = MemorySource::memfd}};
}

/// A host and its pool, alive before anything is armed, with a witness of each wire version.
struct HostStage {
  explicit HostStage(const HostOptions& options = {}, std::uint32_t buffers = 8)
      : host(ipc::test::must(Host::listen(ipc::test::socket_path(), options))),
        pool(ipc::test::must(Pool::create(small_pool(buffers)))),
        v2(host.path()),
        v1(host.path()) {
    if (!all_see_a_new_frame()) std::abort();
  }

  /// Publishes without any fault; 0 when it could not.
  std::uint64_t publish() {
    auto frame = pool.acquire();
    if (!frame) return 0;
    auto serial = host.publish(std::move(*frame));
    return serial ? *serial : 0;
  }
  bool all_see_a_new_frame() {
    return all_see([&] { return publish(); }, [&] { (void)host.process().has_value(); }, v2, v1);
  }
  /// What must hold after any fault in the host.
  void check_all_is_well(Run& run) {
    run.relieve();
    run.check(all_see_a_new_frame(), "a client that was connected gets no frames any more");
    run.check(v2.was_left_alone(), "a client of wire v2 lost its connection");
    run.check(v1.was_left_alone(), "a client of wire v1 lost its connection");
  }

  Host host;
  Pool pool;
  WitnessV2 v2;
  WitnessV1 v1;
};

/// A host of wire v2 as clients meet it.
class WorldV2 {
 public:
  static constexpr bool kIsV1 = false;
  WorldV2() : WorldV2(ipc::test::socket_path()) {}
  const std::string& path() const { return path_; }
  void serve() {
    const Disarmed disarmed;
    (void)host_->process().has_value();
  }
  void post() {
    const Disarmed disarmed;
    serve();
    auto frame = pool_.acquire();
    if (frame) (void)host_->publish(std::move(*frame)).has_value();
  }
  void end() { host_.reset(); }
  void restart() {
    const Disarmed disarmed;
    end();
    host_.emplace(ipc::test::must(Host::listen(path_)));
  }

 private:
  explicit WorldV2(std::string path)
      : path_(std::move(path)),
        host_(ipc::test::must(Host::listen(path_))),
        pool_(ipc::test::must(Pool::create(small_pool()))) {}
  const std::string path_;
  std::optional<Host> host_;
  Pool pool_;
};

/// A host of release 2.5, by hand.
class WorldV1 {
 public:
  static constexpr bool kIsV1 = true;
  WorldV1() : path_(ipc::test::socket_path()) {
    restart();
    for (int i = 0; i < 4; ++i) {
      memory_.push_back(ipc::test::must(
          Buffer::allocate(kBytes, {.source = MemorySource::memfd, .access = Access::read_write})));
    }
  }
  const std::string& path() const { return path_; }
  void serve();
  void post();
  void end() {
    const std::lock_guard lock(mutex_);
    peers_.clear();
    listener_.reset();
  }
  void restart() {
    const Disarmed disarmed;
    end();
    const std::lock_guard lock(mutex_);
    listener_.emplace(ipc::test::must(ipc::Listener::open(path_, {})));
  }

 private:
  static constexpr std::size_t kBytes = 64 * 32 * 3 / 2;
  const std::string path_;
  std::mutex mutex_;  // a thread may serve while another posts
  std::optional<ipc::Listener> listener_;
  std::vector<UniqueFd> peers_;
  std::vector<std::shared_ptr<Buffer>> memory_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace vsl::injector
