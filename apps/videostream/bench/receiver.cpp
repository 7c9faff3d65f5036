// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "receiver.hpp"

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "c_client.hpp"
#include "timing.hpp"
#include "videostream/client.hpp"

namespace vsl::bench {
namespace {

constexpr std::chrono::milliseconds kPatience{200};  ///< then the phase is looked at again
constexpr std::chrono::seconds kConnectTimeout{5};

class CppReceiver : public Receiver {
 public:
  CppReceiver(Client client, bool touch) : client_(std::move(client)), touch_(touch) {}

  Result<Arrival> receive() override {
    VSL_TRY(auto lease, client_.wait_frame(kPatience));
    if (!lease) return Arrival{};
    const auto luma = lease->plane(0);
    if (luma.empty()) {
      return Error::of(std::errc::bad_address, "map the first plane of a received frame");
    }
    if (touch_) read_planes(*lease);
    return Arrival{lease->serial(), now_ns()};
  }
  std::uint64_t fds_received() const override { return client_.stats().fds_received; }
  std::uint64_t maps() const override { return client_.stats().maps; }

 private:
  static void read_planes(const Lease& lease) {
    for (std::size_t i = 0; i < kMaxPlanes; ++i) read_pages(lease.plane(i));
  }

  Client client_;
  bool touch_;
};

class CReceiver : public Receiver {
 public:
  CReceiver(CClient client, bool touch) : client_(std::move(client)), touch_(touch) {}

  Result<Arrival> receive() override {
    CFrame frame = client_.wait();
    if (!frame) {
      if (errno == ETIMEDOUT) return Arrival{};
      return Error::last("vsl_frame_wait");
    }
    if (vsl_frame_trylock(frame.get()) != 0) {
      if (errno == EEXIST) return Arrival{};  // recycled before we could lock it
      return Error::last("vsl_frame_trylock");
    }
    std::size_t bytes = 0;
    const auto* pixels = static_cast<const std::byte*>(vsl_frame_mmap(frame.get(), &bytes));
    if (pixels == nullptr) return Error::last("vsl_frame_mmap");
    if (touch_) read_pages({pixels, bytes});
    const std::int64_t at_ns = now_ns();
    const auto serial = static_cast<std::uint64_t>(vsl_frame_serial(frame.get()));
    vsl_frame_unlock(frame.get());
    return Arrival{serial, at_ns};
  }
  /// The C API has no such counters; what it costs shows in faults and system calls.
  std::uint64_t fds_received() const override { return 0; }
  std::uint64_t maps() const override { return 0; }

 private:
  CClient client_;
  bool touch_;
};

}  // namespace

Result<std::unique_ptr<Receiver>> open_receiver(const Settings& settings, std::uint32_t index) {
  if (settings.c_api) {
    VSL_TRY(CClient client, CClient::connect(settings.socket));
    return std::unique_ptr<Receiver>(new CReceiver(std::move(client), settings.touch));
  }
  ClientOptions options;
  options.policy = settings.in_order ? Policy::in_order() : Policy::newest();
  options.name = "bench " + std::to_string(index);
  options.reconnect = false;
  options.connect_timeout = kConnectTimeout;
  VSL_TRY(Client client, Client::connect(settings.socket, options));
  return std::unique_ptr<Receiver>(new CppReceiver(std::move(client), settings.touch));
}

}  // namespace vsl::bench
