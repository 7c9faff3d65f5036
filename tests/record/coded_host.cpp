// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Publishes the access units of raw streams as a camera with an encoder in it would:
//   coded_host SOCKET FPS FILE...
// It begins when a client has got a first frame, which is no video, goes through the files,
// says after each that it is published, and lives on until it is killed. "rubbish" as a file:
// frames that are no video.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "avformat/byte_file.hpp"
#include "avformat/display_order.hpp"
#include "media/access_units.hpp"
#include "media/sequence_info.hpp"
#include "videostream/host.hpp"
#include "videostream/inspect.hpp"

namespace {

using vsl::Result;
using vsl::VideoCodec;

struct Unit {
  std::vector<std::byte> bytes;
  bool key = false;
};

struct Stream {
  VideoCodec codec = VideoCodec::h264;
  std::uint32_t width_px = 0, height_px = 0;
  std::vector<Unit> units;
  vsl::avformat::DisplayOrder::Times times;
};

void see_size(Stream& stream, const vsl::AccessUnit& unit) {
  vsl::NalScanner nals(unit.bytes);
  while (const auto nal = nals.next()) {
    const auto sequence = vsl::parse_sps(stream.codec, *nal);
    if (!sequence) continue;
    stream.width_px = static_cast<std::uint32_t>(sequence->visible.width);
    stream.height_px = static_cast<std::uint32_t>(sequence->visible.height);
  }
}

Result<Stream> read_stream(const std::string& path) {
  Stream stream;
  if (path == "rubbish") {
    stream.width_px = stream.height_px = 64;
    stream.units.assign(5, {std::vector<std::byte>(1000, std::byte{0x55}), true});
    stream.times.shown = {0, 1, 2, 3, 4};
    return stream;
  }
  stream.codec = path.ends_with("5") ? VideoCodec::hevc : VideoCodec::h264;
  VSL_TRY(auto file, vsl::avformat::ByteFile::open(path));
  vsl::avformat::DisplayOrder order(stream.codec);
  vsl::AccessUnitSplitter splitter(stream.codec);
  for (bool more = true; more;) {
    VSL_TRY(const auto chunk, file.read());
    more = !chunk.empty();
    VSL_CHECK(splitter.push(chunk));
    if (!more) splitter.finish();
    while (const auto unit = splitter.next()) {
      see_size(stream, *unit);
      order.add(unit->bytes, unit->has_picture);
      stream.units.push_back({{unit->bytes.begin(), unit->bytes.end()}, unit->key});
    }
  }
  stream.times = order.finish();
  return stream;
}

class Producer {
 public:
  Producer(vsl::Host host, double fps) : host_(std::move(host)), period_ns_(1e9 / fps) {}

  /// Until a client has got a frame, which is no video: it will get all that come now.
  Result<void> wait_for_client() {
    VSL_CHECK(publish_rubbish());
    VSL_TRY(auto inspector, vsl::Inspector::open(host_.path()));
    for (bool delivered = false; !delivered;) {
      VSL_CHECK(host_.wait(std::chrono::milliseconds(10)));
      VSL_TRY(const auto snapshot, inspector.snapshot());
      for (const auto& client : snapshot.clients) delivered = delivered || client.delivered > 0;
    }
    return {};
  }

  Result<void> publish(const Stream& stream) {
    for (std::size_t i = 0; i < stream.units.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      VSL_CHECK(publish_unit(stream, i));
      std::this_thread::sleep_until(
          start + std::chrono::nanoseconds(static_cast<std::int64_t>(period_ns_)));
      VSL_CHECK(host_.process());
    }
    shown_ += static_cast<std::int64_t>(stream.units.size());
    return {};
  }

 private:
  Result<void> publish_rubbish() {
    VSL_TRY(auto frame,
            vsl::Frame::allocate(vsl::Layout::opaque(vsl::fourcc("H264"), 320, 240, 1)));
    VSL_CHECK(host_.publish(std::move(frame), {.lifespan = std::chrono::minutes(1)}));
    return {};
  }
  Result<void> publish_unit(const Stream& stream, std::size_t index) {
    const Unit& unit = stream.units[index];
    const auto format =
        stream.codec == VideoCodec::h264 ? vsl::fourcc("H264") : vsl::fourcc("HEVC");
    VSL_TRY(auto frame, vsl::Frame::allocate(vsl::Layout::opaque(
                            format, stream.width_px, stream.height_px, unit.bytes.size())));
    VSL_CHECK(frame.map());
    std::memcpy(frame.plane(0).data(), unit.bytes.data(), unit.bytes.size());
    frame.info().key_frame = unit.key;
    const auto at = [&](std::int64_t picture) {
      return static_cast<std::int64_t>(static_cast<double>(shown_ + picture) * period_ns_);
    };
    const std::int64_t delay = stream.times.delay;
    frame.info().times.pts_ns = at(stream.times.shown[index] + delay);
    frame.info().times.dts_ns = at(static_cast<std::int64_t>(index));
    VSL_CHECK(host_.publish(std::move(frame)));
    return {};
  }

  vsl::Host host_;
  double period_ns_;
  std::int64_t shown_ = 0;
};

Result<void> run(int argc, char** argv) {
  std::vector<Stream> streams;
  for (int i = 3; i < argc; ++i) {
    VSL_TRY(Stream stream, read_stream(argv[i]));
    streams.push_back(std::move(stream));
  }
  VSL_TRY(auto host, vsl::Host::listen(argv[1], {.lifespan = std::chrono::milliseconds(500)}));
  Producer producer(std::move(host), std::atof(argv[2]));
  VSL_CHECK(producer.wait_for_client());
  for (const Stream& stream : streams) {
    VSL_CHECK(producer.publish(stream));
    std::puts("published");
    std::fflush(stdout);
  }
  ::pause();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const Result<void> done = run(argc, argv);
  if (done) return 0;
  std::fprintf(stderr, "coded_host: %s\n", done.error().message().c_str());
  return 1;
}
