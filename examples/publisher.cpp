// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Publishes a moving bar from a pool of buffers: nothing is allocated, mapped or copied per frame.
//
//   c++ -std=c++20 publisher.cpp $(pkg-config --cflags --libs videostream) -o publisher
//   ./publisher /tmp/frames [FRAMES]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <videostream/host.hpp>
#include <videostream/pool.hpp>

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kWidthPx = 1280;
constexpr std::uint32_t kHeightPx = 720;
constexpr auto kInterval = 33ms;

int complain(const vsl::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

/// A white bar on grey; `number` says where.
void draw(vsl::Frame& frame, std::uint64_t number) {
  const auto luma = frame.plane(0);
  const auto chroma = frame.plane(1);
  std::fill(luma.begin(), luma.end(), std::byte{64});
  std::fill(chroma.begin(), chroma.end(), std::byte{128});
  const std::size_t stride = frame.info().layout.planes[0].stride_bytes;
  const std::size_t bar_rows = 16;
  const std::size_t top = number * 4 % (kHeightPx - bar_rows);
  const auto bar = luma.subspan(top * stride, bar_rows * stride);
  std::fill(bar.begin(), bar.end(), std::byte{235});
}

vsl::Result<void> publish_one(vsl::Host& host, vsl::Pool& pool, std::uint64_t number) {
  auto frame = pool.acquire();
  if (!frame) {
    // Readers hold every buffer: skip this picture rather than wait for them.
    const bool starved = frame.error().code == std::errc::no_buffer_space;
    return starved ? vsl::Result<void>() : std::move(frame).error();
  }
  draw(*frame, number);
  VSL_TRY(const std::uint64_t serial, host.publish(std::move(*frame)));
  if (serial % 30 == 0) std::printf("published %llu frames\n", (unsigned long long)serial);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s PATH [FRAMES]\n", argv[0]);
    return 2;
  }
  const std::uint64_t frames = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : UINT64_MAX;
  auto host = vsl::Host::listen(argv[1]);
  if (!host) return complain(host.error());
  vsl::PoolOptions picture;
  picture.format = vsl::fourcc("NV12");
  picture.width_px = kWidthPx;
  picture.height_px = kHeightPx;
  auto pool = vsl::Pool::create(picture);
  if (!pool) return complain(pool.error());

  auto next = std::chrono::steady_clock::now();
  for (std::uint64_t number = 0; number < frames; ++number) {
    if (auto done = publish_one(*host, *pool, number); !done) return complain(done.error());
    next += kInterval;
    // wait() answers clients meanwhile.
    for (auto now = std::chrono::steady_clock::now(); now < next;
         now = std::chrono::steady_clock::now()) {
      if (auto served = host->wait(next - now); !served) return complain(served.error());
    }
  }
  return 0;
}
