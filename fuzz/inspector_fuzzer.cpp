// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// What `videostream top` reads from a board and ledgers that other processes write: any contents,
// also memory that only has the name of one. What is shown is text, and one JSON document.
#include <sys/mman.h>

#include <nlohmann/json.hpp>

#include "support/input.hpp"
#include "support/peer.hpp"
#include "support/process_state.hpp"
#include "tests/faults/raw_host.hpp"
#include "top_format.hpp"
#include "top_history.hpp"
#include "videostream/inspect.hpp"

namespace {

using namespace vsl;
using namespace vsl::fuzz;

/// Some words of memory that a peer filled in as it should.
void overwrite(Input& input, Mapping& memory, std::size_t bytes) {
  for (std::uint32_t left = input.below(12); left > 0; --left) {
    // The headers are where it matters; they are a small part.
    const bool header = input.flag();
    const std::size_t offset =
        header ? std::size_t{input.byte()} * 8 : input.take<std::uint16_t>() % (bytes - 7);
    const auto value = input.take<std::uint64_t>();
    std::memcpy(memory.data() + offset, &value, sizeof value);
  }
}

void show_a_client(faults::RawHost& host) {
  wire::v2::ClientEntry& shown = host.board().clients[0];
  shown.pid.store(1, std::memory_order_release);
  shown.held.store(2, std::memory_order_relaxed);
  host.ledger().lease[0].store(wire::v2::ring_word(1, 0), std::memory_order_relaxed);
  wire::v2::post(host.board(), 0, 1, faults::RawHost::picture(1024), {});
}

void look(const std::string& name, bool as_json) {
  auto inspector = Inspector::open(name);
  if (!inspector) return;
  command::TopHistory history;
  command::TopView view = history.add(must(inspector->snapshot()), monotonic_ns());
  view.path = name;
  VSL_MUST(view.host.clients.size() <= wire::v2::kShownClients);
  for (const ClientSnapshot& client : view.host.clients) {
    VSL_MUST(client.serials.size() <= wire::v2::kMaxLeaseWords);
  }
  if (as_json) {
    VSL_MUST(nlohmann::json::accept(command::top_json(view)));
    return;
  }
  for (const char c : command::top_text(view, {})) {
    VSL_MUST(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static faults::RawHost host(socket_name("inspected"));
  constexpr std::size_t kFront = offsetof(wire::v2::Board, slots) + 16 * sizeof(wire::v2::Slot);
  Input input(data, size);
  const NothingLeft state;
  {
    show_a_client(host);
    overwrite(input, host.ledger_memory.mapping, sizeof(wire::v2::Ledger));
    overwrite(input, host.board_memory.mapping, kFront);
    UniqueFd impostor;  // another process may pass us memory of that name
    if (input.flag()) impostor = UniqueFd(::memfd_create("vsl:ledger:1", MFD_CLOEXEC));
    look(host.name, input.flag());
  }
  host.accept();
  host.socket.reset();
  std::memset(host.board_memory.mapping.data(), 0, kFront);
  std::memset(host.ledger_memory.mapping.data(), 0, sizeof(wire::v2::Ledger));
  wire::v2::init_board(host.board(), faults::RawHost::kEpoch, 1, host.name, 0);
  wire::v2::init_ledger(host.ledger(), faults::RawHost::kEpoch, 4, 0);
  state.done();
  return 0;
}
