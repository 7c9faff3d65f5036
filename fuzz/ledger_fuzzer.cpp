// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Any contents of ledgers, changed between everything a host does with frames. No lie in them costs
// another client its frame, the producer its buffers, or lets memory be written that is read.
#include "support/check.hpp"
#include "support/host_world.hpp"
#include "support/hostile_client.hpp"
#include "support/process_state.hpp"
#include "support/virtual_time.hpp"

namespace {

using namespace vsl;
using namespace vsl::fuzz;

void step(HostWorld& host, HostileClient& client, Input& input) {
  switch (input.below(12)) {
    case 0:
      return host.process();
    case 1:
      return host.publish(input);
    case 2:
      return host.withdraw(input);
    case 3:
      return host.honest_reads();
    case 4:
      return host.honest_releases();
    case 5:
      return advance_time(std::int64_t{input.byte()} * 10'000'000);
    case 6:
      return client.send_v2(input);
    case 7:
      return client.tamper(input);
    case 8:
      return client.receive();
    default:
      return client.write_ledger(input);
  }
}

void upgrade(HostWorld& host, HostileClient& client) {
  Input nothing(nullptr, 0);
  client.connect(host.name(), false);
  client.send_hello(nothing);
  host.process();
  client.receive();
  VSL_MUST(client.has_ledger());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static HostWorld host("ledger", {.hold_limit = std::chrono::milliseconds(100)}, false);
  Input input(data, size);
  const NothingLeft state;
  {
    std::array<HostileClient, 2> clients;
    for (HostileClient& client : clients) upgrade(host, client);
    constexpr int kMostSteps = 64;
    for (int i = 0; i < kMostSteps && !input.empty(); ++i) {
      step(host, clients[input.below(clients.size())], input);
    }
    host.check_honest();
  }
  host.settle();
  state.done();
  return 0;
}
