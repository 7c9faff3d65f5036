// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// The first packet of a client decides what it is. Any bytes; for each of them it is known what the
// host has to answer.
#include "support/host_world.hpp"
#include "support/hostile_client.hpp"
#include "support/peer.hpp"
#include "support/process_state.hpp"
#include "wire/v1.hpp"

namespace {

using namespace vsl;
using namespace vsl::fuzz;
namespace v1 = wire::v1;
namespace v2 = wire::v2;

constexpr std::uint32_t kMostLeases = 2;

struct Answer {
  ipc::Packet packet;
  bool hung_up = false;
};

Answer answer_of(const UniqueFd& socket) {
  Answer answer;
  const auto read = ipc::receive_packet(socket.get(), answer.packet);
  answer.hung_up = read == ipc::Transfer::closed;
  if (read != ipc::Transfer::done) answer.packet.size = 0;
  return answer;
}

v2::Hello take_hello(Input& input) {
  v2::Hello hello{};
  hello.type = static_cast<std::uint32_t>(v2::MessageType::hello);
  hello.min_version = hello.max_version = v2::kVersion;
  input.spoil(hello);
  return hello;
}

void check_welcome(const Answer& answer, const v2::Hello& hello) {
  const auto welcome = v2::parse_welcome(answer.packet.bytes());
  VSL_MUST(welcome && welcome->bytes == sizeof(v2::Welcome));
  VSL_MUST(welcome->lease_words <= kMostLeases + 1);
  VSL_MUST(hello.lease_words == 0 || welcome->lease_words <= hello.lease_words);
  VSL_MUST(answer.packet.fd_count == 3 || answer.packet.fd_count == 4);
}

void check_v1_answer(const Answer& answer, const v1::Control& control) {
  // No frame was ever sent to this client, so that there is none it could lock or unlock.
  const auto code = control.request <= 1 ? v1::Code::expired : v1::Code::invalid_control;
  const v1::Event expected = v1::reply(code, false);
  VSL_MUST(answer.packet.size == sizeof expected && answer.packet.fd_count == 0);
  VSL_MUST(std::memcmp(answer.packet.storage.data(), &expected, sizeof expected) == 0);
}

void check_first(const UniqueFd& socket, std::span<const std::byte> packet) {
  const Answer answer = answer_of(socket);
  if (packet.size() < sizeof(v1::Control)) {
    VSL_MUST(answer.hung_up);
  } else if (const auto hello = packet.size() > 0 && v2::type_of(packet) == v2::MessageType::hello
                                    ? v2::parse_hello(packet)
                                    : std::nullopt) {
    check_welcome(answer, *hello);
  } else {
    check_v1_answer(answer, *v1::parse_control(packet));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static HostWorld host("hello", {.max_leases = kMostLeases}, false);
  Input input(data, size);
  const NothingLeft state;
  {
    const UniqueFd socket = must(ipc::connect_socket(host.name()));
    const v2::Hello hello = take_hello(input);
    const bool raw = input.flag();
    auto packet = raw ? std::as_bytes(input.take_bytes(size)) : v2::bytes_of(hello);
    packet = packet.first(std::min(packet.size(), v2::kMaxMessageBytes));
    VSL_MUST(ipc::send_packet(socket.get(), packet) == ipc::Transfer::done);
    host.process();
    check_first(socket, packet);
    host.check_honest();
  }
  host.settle();
  state.done();
  return 0;
}
