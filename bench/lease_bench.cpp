// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <benchmark/benchmark.h>

#include "shared_board.hpp"

namespace vsl::bench {
namespace {

using namespace wire::v2;

// What a consumer pays to hold a frame and to give it back.
void lease_and_release(benchmark::State& state) {
  SharedBoard board;
  board.fill(1);
  Ledger ledger{};
  const std::uint64_t word = find(*board, 1);
  for (auto _ : state) {
    Description description;
    benchmark::DoNotOptimize(lease(*board, word, ledger.lease[0], description));
    benchmark::DoNotOptimize(description);
    benchmark::DoNotOptimize(release(*board, word, ledger.lease[0]));
  }
}
BENCHMARK(lease_and_release);

void lease_of_a_retired_frame(benchmark::State& state) {
  SharedBoard board;
  board.fill(1);
  Ledger ledger{};
  const std::uint64_t word = find(*board, 1);
  retire((*board).slots[slot_of(word)], 1);
  for (auto _ : state) {
    Description description;
    benchmark::DoNotOptimize(lease(*board, word, ledger.lease[0], description));
    benchmark::DoNotOptimize(release(*board, word, ledger.lease[0]));
  }
}
BENCHMARK(lease_of_a_retired_frame);

void is_the_lease_still_valid(benchmark::State& state) {
  SharedBoard board;
  board.fill(1);
  const std::uint64_t word = find(*board, 1);
  for (auto _ : state) benchmark::DoNotOptimize(stands(*board, word));
}
BENCHMARK(is_the_lease_still_valid);

void copy_of_the_details(benchmark::State& state) {
  SharedBoard board;
  board.fill(1);
  const std::uint64_t word = find(*board, 1);
  for (auto _ : state) {
    Details details;
    benchmark::DoNotOptimize(read_details(*board, word, details));
    benchmark::DoNotOptimize(details);
  }
}
BENCHMARK(copy_of_the_details);

}  // namespace
}  // namespace vsl::bench
