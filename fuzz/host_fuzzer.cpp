// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Everything up to four clients can say to a host, of both wire versions, in any order, between
// whatever the host is doing. An honest client beside them must not notice.
#include "support/host_world.hpp"
#include "support/hostile_client.hpp"
#include "support/peer.hpp"
#include "support/process_state.hpp"
#include "support/virtual_time.hpp"

namespace {

using namespace vsl;
using namespace vsl::fuzz;

constexpr std::size_t kClients = 4;
using Clients = std::array<HostileClient, kClients>;

HostWorld& world(std::uint32_t kind) {
  using std::chrono::milliseconds;
  static const uid_t own = ::geteuid();
  static HostWorld plain("host-plain", {}, false);
  static HostWorld strict("host-strict",
                          {.access = Access::read_write,
                           .max_leases = 2,
                           .max_clients = 3,
                           .allowed_uids = {own, 65534},
                           .chime_per_client = true},
                          false);
  static HostWorld polled(
      "host-polled",
      {.hold_limit = milliseconds(20), .max_clients_per_uid = 4, .allowed_uids = {own, 65534}},
      true);
  return kind == 0 ? plain : kind == 1 ? strict : polled;
}

void flood(HostileClient& client, Input& input) {
  const auto packet = std::as_bytes(input.take_bytes(16));
  for (std::uint32_t left = input.below(32); left > 0; --left) client.send(packet);
}

void host_step(HostWorld& host, Input& input) {
  switch (input.below(7)) {
    case 0:
      return host.process();
    case 1:
      return host.publish(input);
    case 2:
      return host.withdraw(input);
    case 3:
      return host.service(input);
    case 4:
      return host.honest_reads();
    case 5:
      return host.honest_releases();
    default:
      return advance_time(std::int64_t{input.byte()} * 1'000'000);
  }
}

void client_step(HostWorld& host, HostileClient& client, Input& input) {
  switch (input.below(10)) {
    case 0:
      return client.connect(host.name(), input.flag());
    case 1:
      return client.disconnect();
    case 2:
      return client.send_hello(input);
    case 3:
      return client.send_v1(input);
    case 4:
      return client.send_v2(input);
    case 5:
      return client.send_anything(input);
    case 6:
      return client.receive();
    case 7:
      return flood(client, input);
    case 8:
      return client.write_ledger(input);
    default:
      return client.shut_down(static_cast<int>(input.below(3)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  HostWorld& host = world(input.below(3));
  const NothingLeft state;
  {
    Clients clients;
    constexpr int kMostSteps = 64;
    for (int step = 0; step < kMostSteps && !input.empty(); ++step) {
      const std::uint32_t who = input.below(kClients * 2);
      if (who < kClients) {
        client_step(host, clients[who], input);
      } else {
        host_step(host, input);
      }
    }
    host.check_honest();
  }
  host.settle();
  state.done();
  return 0;
}
