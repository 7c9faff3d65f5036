// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Always works on the newest frame, and says how many it passed over.
//
//   c++ -std=c++20 subscriber.cpp $(pkg-config --cflags --libs videostream) -o subscriber
//   ./subscriber /tmp/frames [FRAMES]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <videostream/client.hpp>

using namespace std::chrono_literals;

namespace {

int complain(const vsl::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

/// The mean brightness of every 64th pixel in a row of luma.
unsigned mean_brightness(std::span<const std::byte> luma) {
  constexpr std::size_t kStep = 64;
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < luma.size(); i += kStep, ++count) {
    sum += std::to_integer<std::uint64_t>(luma[i]);
  }
  return count != 0 ? static_cast<unsigned>(sum / count) : 0;
}

void report(const vsl::Lease& lease) {
  const unsigned brightness = mean_brightness(lease.plane(0));
  // Asked last: only now is it certain that every pixel was of this frame.
  if (!lease.valid()) {
    std::printf("frame %llu was taken back while we read it\n", (unsigned long long)lease.serial());
    return;
  }
  const vsl::Layout layout = lease.info().layout;
  std::printf("frame %llu: %ux%u %s, brightness %u, %llu passed over\n",
              (unsigned long long)lease.serial(), layout.width_px, layout.height_px,
              layout.fourcc.to_string().c_str(), brightness, (unsigned long long)lease.skipped());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s PATH [FRAMES]\n", argv[0]);
    return 2;
  }
  std::uint64_t wanted = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : UINT64_MAX;
  vsl::ClientOptions options;
  options.policy = vsl::Policy::newest();
  options.reconnect = false;     // end when the host does
  options.connect_timeout = 5s;  // the host may be about to start
  auto client = vsl::Client::connect(argv[1], options);
  if (!client) return complain(client.error());
  while (wanted > 0) {
    auto lease = client->wait_frame(1s);
    if (!lease) return complain(lease.error());
    if (!*lease) continue;  // nothing in that second
    report(**lease);
    --wanted;
  }
  return 0;
}
