// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "raw_client.hpp"

#include <poll.h>
#include <unistd.h>

#include "ipc/address.hpp"

namespace vsl::storm {

namespace v2 = wire::v2;

Result<RawClient> RawClient::connect(const char* path) {
  RawClient client;
  VSL_TRY(client.socket_, ipc::connect_socket(path));
  return client;
}

ipc::Transfer RawClient::say_hello(std::uint32_t lease_words) const {
  v2::Hello hello{};
  hello.type = static_cast<std::uint32_t>(v2::MessageType::hello);
  hello.min_version = hello.max_version = v2::kVersion;
  hello.lease_words = lease_words;
  return send(&hello, sizeof hello);
}

bool RawClient::upgrade() {
  constexpr int kPatienceMs = 1000;
  for (;;) {
    pollfd ready{fd(), POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) <= 0) return false;
    if (ipc::receive_packet(fd(), packet_) != ipc::Transfer::done) return false;
    if (v2::type_of(packet_.bytes()) == v2::MessageType::hello) break;  // before it: v1's frames
  }
  if (packet_.fd_count < 3) return false;
  welcome_fds.clear();
  for (std::size_t i = 0; i < packet_.fd_count; ++i)
    welcome_fds.push_back(std::move(packet_.fds[i]));
  auto board = Mapping::map(welcome_fds[0].get(), sizeof(v2::Board), {});
  auto chime = Mapping::map(welcome_fds[1].get(), sizeof(v2::Chime), {});
  auto ledger =
      Mapping::map(welcome_fds[2].get(), sizeof(v2::Ledger), {.mode = Mapping::Mode::read_write});
  if (!board || !chime || !ledger) return false;
  board_ = std::move(*board);
  chime_ = std::move(*chime);
  ledger_ = std::move(*ledger);
  return true;
}

bool RawClient::ended() const {
  pollfd hung_up{fd(), POLLRDHUP, 0};
  return ::poll(&hung_up, 1, 0) != 0;
}

std::vector<UniqueFd> RawClient::take_buffers() {
  std::vector<UniqueFd> buffers;
  while (ipc::receive_packet(fd(), packet_) == ipc::Transfer::done) {
    if (v2::type_of(packet_.bytes()) != v2::MessageType::buffers) continue;
    for (std::size_t i = 0; i < packet_.fd_count; ++i) buffers.push_back(std::move(packet_.fds[i]));
  }
  return buffers;
}

std::optional<RawClient> upgraded(Actor& actor) {
  auto client = RawClient::connect(actor.path());
  if (!client || client->say_hello() != ipc::Transfer::done || !client->upgrade()) {
    breathe(actor, 5'000, 20'000);
    return std::nullopt;
  }
  return std::move(*client);
}

void breathe(Actor& actor, std::int64_t least_us, std::int64_t most_us) {
  ::usleep(static_cast<useconds_t>(between(actor.random, least_us, most_us)));
}

}  // namespace vsl::storm
