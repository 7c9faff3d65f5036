// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "media/access_units.hpp"
#include "media/coded_stream_testing.hpp"

namespace vsl::bench {
namespace {

// Slices of noise, a zero in 256 bytes as coded data has it, with the lengths of a stream of
// 8 Mbit/s in range(0) slices a picture.
test::Bytes stream_of(std::int64_t slices) {
  constexpr std::size_t kPictureBytes = 33'000, kPictures = 300;
  std::minstd_rand random(1);
  std::vector<test::Bytes> nals{test::h264_sps(), test::h264_pps()};
  for (std::size_t picture = 0; picture < kPictures; ++picture) {
    for (std::int64_t slice = 0; slice < slices; ++slice) {
      test::BitWriter writer;
      writer.golomb(static_cast<std::uint32_t>(slice)).golomb(5).golomb(0);
      writer.bits(picture % 16, 4).bits(picture * 2 % 16, 4);  // frame_num, order
      for (std::size_t i = 0; i < kPictureBytes / static_cast<std::size_t>(slices); ++i) {
        writer.bits(random() >> 8 & 0xff, 8);
      }
      nals.push_back(writer.nal({0x41}));
    }
  }
  return test::annex_b(nals);
}

void scan_nal_units(benchmark::State& state) {
  const test::Bytes stream = stream_of(state.range(0));
  for (auto _ : state) {
    NalScanner scanner(stream);
    while (const auto nal = scanner.next()) benchmark::DoNotOptimize(nal->data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(stream.size()) * state.iterations());
}
BENCHMARK(scan_nal_units)->ArgName("slices")->Arg(1)->Arg(8);

// Into access units, in chunks as files and sockets give them.
void split_access_units(benchmark::State& state) {
  const test::Bytes stream = stream_of(state.range(0));
  const auto chunk_bytes = static_cast<std::size_t>(state.range(1));
  std::size_t units = 0;
  for (auto _ : state) {
    AccessUnitSplitter splitter(VideoCodec::h264);
    for (std::span<const std::byte> rest = stream; !rest.empty();) {
      const auto chunk = rest.first(std::min(rest.size(), chunk_bytes));
      if (!splitter.push(chunk)) state.SkipWithError("push");
      rest = rest.subspan(chunk.size());
      if (rest.empty()) splitter.finish();
      while (const auto unit = splitter.next()) units += unit->has_picture ? 1 : 0;
    }
  }
  state.counters["pictures"] = static_cast<double>(units) / static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(stream.size()) * state.iterations());
}
BENCHMARK(split_access_units)
    ->ArgNames({"slices", "chunk"})
    ->Args({1, 1 << 16})
    ->Args({8, 1 << 16})
    ->Args({1, 1 << 20})
    ->Args({1, 1400});

}  // namespace
}  // namespace vsl::bench
