// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "cast.hpp"

#include <sys/socket.h>

#include <array>

namespace vsl::injector {

namespace v1 = wire::v1;
using wire::v2::bytes_of;

void WorldV1::serve() {
  const Disarmed disarmed;
  const std::lock_guard lock(mutex_);
  if (!listener_) return;
  while (true) {
    UniqueFd peer(::accept4(listener_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!peer) break;
    peers_.push_back(std::move(peer));
  }
  for (UniqueFd& peer : peers_) {
    std::array<std::byte, 256> bytes{};
    std::size_t size = 0;
    while (peer) {
      const auto received = ipc::receive_bytes(peer.get(), bytes, size);
      if (received == ipc::Transfer::closed) peer.reset();
      if (received != ipc::Transfer::done) break;
      const auto control = v1::parse_control({bytes.data(), size});
      const bool known = control && size == sizeof *control && control->request <= 1;
      const v1::Event answer = known ? v1::reply(v1::Code::success, control->request == 0)
                                     : v1::reply(v1::Code::invalid_control, false);
      (void)ipc::send_packet(peer.get(), bytes_of(answer));
    }
  }
  std::erase_if(peers_, [](const UniqueFd& peer) { return !peer; });
}

void WorldV1::post() {
  const Disarmed disarmed;
  serve();
  const std::lock_guard lock(mutex_);
  v1::Event event{};
  event.serial = static_cast<std::int64_t>(++last_serial_);
  event.timestamp_ns = monotonic_ns();
  event.fourcc = fourcc("NV12").code;
  event.width_px = 64;
  event.height_px = 32;
  event.size_bytes = kBytes;
  event.stride_bytes = 64;
  const int fd = memory_[last_serial_ % memory_.size()]->fd();
  for (const UniqueFd& peer : peers_) {
    (void)ipc::send_packet(peer.get(), bytes_of(event), {&fd, 1});
  }
}

}  // namespace vsl::injector
