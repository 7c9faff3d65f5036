// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <benchmark/benchmark.h>

#include <vector>

#include "shared_board.hpp"

namespace vsl::bench {
namespace {

using namespace wire::v2;

void post_to_the_ring(benchmark::State& state) {
  SharedBoard board;
  const Description description{};
  const Details details{};
  std::uint64_t serial = 0;
  for (auto _ : state) {
    ++serial;
    post(*board, static_cast<std::uint32_t>(serial % 16), serial, description, details);
  }
}
BENCHMARK(post_to_the_ring);

void find_in_the_ring(benchmark::State& state) {
  SharedBoard board;
  board.fill(kRingSize);
  std::uint64_t serial = 0;
  for (auto _ : state) benchmark::DoNotOptimize(find(*board, serial++ % kRingSize + 1));
}
BENCHMARK(find_in_the_ring);

// One pass of the host over the leases of its clients: range(0) clients with range(1) frames each.
void scan_of_ledgers(benchmark::State& state) {
  constexpr std::uint32_t kLeaseWords = 21;
  std::vector<Ledger> ledgers(static_cast<std::size_t>(state.range(0)));
  for (Ledger& ledger : ledgers) {
    for (std::int64_t i = 0; i < state.range(1); ++i) {
      ledger.lease[i].store(ring_word(static_cast<std::uint64_t>(i) + 1, 1),
                            std::memory_order_relaxed);
    }
  }
  for (auto _ : state) {
    std::uint64_t held = 0;
    for (const Ledger& ledger : ledgers) {
      scan(ledger, kLeaseWords, [&](std::uint64_t, std::uint32_t, std::uint32_t) { ++held; });
    }
    benchmark::DoNotOptimize(held);
  }
}
BENCHMARK(scan_of_ledgers)->ArgsProduct({{1, 16, 64}, {0, 20}});

}  // namespace
}  // namespace vsl::bench
