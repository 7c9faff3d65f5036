// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Everything a host can say to a client and show it, of both wire versions: packets in any order,
// descriptors of any kind, any contents of the board. What the client is given can be read to the
// last byte, and nothing is left of it in the end.
#include "ipc/capi_access.hpp"
#include "support/hostile_host.hpp"
#include "support/peer.hpp"
#include "support/process_state.hpp"
#include "support/virtual_time.hpp"
#include "videostream/client.hpp"

namespace {

using namespace vsl;
using namespace vsl::fuzz;
using std::chrono::milliseconds;

constexpr std::size_t kLeases = 4;

ClientOptions take_options(Input& input) {
  constexpr std::array<std::uint32_t, 4> kDepths = {1, 3, 128, 100'000};
  constexpr std::array<std::uint32_t, 4> kRates = {0, 0, 1, 30'000};
  ClientOptions options;
  const std::uint32_t bits = input.byte(), policy = input.byte();
  options.policy.order = (bits & 1) != 0 ? Policy::Order::in_order : Policy::Order::newest;
  options.policy.depth = kDepths[policy & 3];
  options.policy.every = policy >> 2 & 3;
  options.policy.max_mfps = kRates[policy >> 4 & 3];
  options.reconnect = (bits & 2) == 0;
  options.access = (bits & 4) != 0 ? Access::read_write : Access::read;
  options.refuse_may_fault = (bits & 8) != 0;
  options.max_leases = policy >> 6;
  return options;
}

/// A client and what a program holds of it.
class Program {
 public:
  Program(HostileHost& host, Input& input) {
    auto client = Client::connect(host.name(), take_options(input));
    VSL_MUST(client.has_value());
    client_.emplace(std::move(*client));
    if (input.flag()) VSL_MUST(client_->fd() >= 0);
    host.accept();
  }

  void step(Input& input) {
    Lease& lease = leases_[input.below(kLeases)];
    const std::uint32_t what = input.below(8);
    if (what == 0) return keep(lease, client_ ? client_->try_frame() : nothing());
    if (what == 1) return use(lease);
    if (what == 2) return lease.release();
    if (what == 3) return advance_time(std::int64_t{input.byte()} * 1'000'000);
    if (!client_) return;
    const milliseconds some(input.below(100));
    if (what == 4) return keep(lease, client_->wait_frame(some));
    if (what == 5) return as_c_does(lease, some);
    if (what == 6) return client_->cancel();
    client_.reset();
  }

 private:
  static Result<std::optional<Lease>> nothing() { return std::optional<Lease>(); }

  static void keep(Lease& lease, Result<std::optional<Lease>> frame) {
    if (good(frame) && *frame) lease = std::move(**frame);
  }

  void as_c_does(Lease& lease, milliseconds timeout) {
    const std::int64_t timeout_ns = std::chrono::nanoseconds(timeout).count();
    auto frame = ipc::wait_frame_for_c(*client_, 0, timeout_ns);
    keep(lease, std::move(frame));
    if (!lease) return;
    const auto token = ipc::lease_token(lease);
    if (good(ipc::confirm_lease(*client_, lease, timeout_ns))) use(lease);
    lease.release();
    auto again = ipc::lease_again(*client_, token);
    if (good(again)) lease = std::move(*again);
  }

  static void use(Lease& lease) {
    if (!lease) return;
    const FrameInfo info = lease.info();
    VSL_MUST(info.layout.plane_count <= kMaxPlanes && info.damage_count <= kMaxDamageRects);
    VSL_MUST(lease.blob().size() <= kMaxBlobBytes && info.blob_bytes <= kMaxBlobBytes);
    (void)good(lease.map());
    for (std::size_t i = 0; i <= kMaxPlanes; ++i) {
      const auto bytes = lease.plane(i);
      if (bytes.empty()) continue;
      const auto memory = *ipc::lease_buffer(lease, info.layout.planes[i].buffer)->map();
      VSL_MUST(bytes.data() >= memory.data() && &bytes.back() <= &memory.back());
      const volatile std::byte first = bytes.front(), last = bytes.back();
      (void)first, (void)last;
    }
    VSL_MUST(lease.buffer_fd(info.layout.buffer_count) == -1);
    (void)(lease.valid() && lease.skipped() > 0 && ipc::lease_legacy_stride(lease));
  }

  std::optional<Client> client_;
  std::array<Lease, kLeases> leases_;
};

void host_step(HostileHost& host, Input& input) {
  switch (input.below(14)) {
    case 0:
      return host.accept();
    case 1:
      return host.send_welcome(input);
    case 2:
      return host.send_buffers(input);
    case 3:
      return host.send_refused(input);
    case 4:
      return host.send_reply(input);
    case 5:
      return host.send_anything(input);
    case 6:
      return host.ring_bell();
    case 7:
      return host.retire(input);
    case 8:
      return host.write_board(input);
    case 9:
      return host.hang_up();
    case 10:
      return host.close_board();
    case 11:
      return host.send_event(input);
    default:
      return host.post(input);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static HostileHost host;
  Input input(data, size);
  const NothingLeft state;
  {
    Program program(host, input);
    constexpr int kMostSteps = 64;
    for (int step = 0; step < kMostSteps && !input.empty(); ++step) {
      if (input.flag()) {
        program.step(input);
      } else {
        host_step(host, input);
      }
    }
  }
  host.reset();
  state.done();
  return 0;
}
