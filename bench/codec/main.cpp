// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "videostream/codec.hpp"

// One run of an encoder or a decoder of ours, to be measured from outside beside the ffmpeg command
// (compare.py): reads a file, codes it, throws the result away, and says how much it was.
//   codec_bench decode h264|hevc FILE
//   codec_bench encode h264|hevc FILE WIDTH HEIGHT BITRATE

namespace {

using vsl::Result;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

Result<File> open_file(const char* path) {
  File file(std::fopen(path, "rbe"));
  if (file == nullptr) return vsl::Error::last(path);
  return file;
}

struct Sum {
  std::uint64_t pictures = 0, bytes = 0, copies = 0;
};

Result<void> take_pictures(vsl::Decoder& decoder) {
  for (;;) {
    VSL_TRY(const auto picture, decoder.next_picture());
    if (!picture) return {};
  }
}

Result<Sum> decode(vsl::Fourcc codec, const char* path) {
  VSL_TRY(const File file, open_file(path));
  VSL_TRY(auto decoder,
          vsl::Decoder::create({.codec = codec, .backend = vsl::CodecBackend::software}));
  std::vector<std::byte> chunk(1 << 20);
  Sum sum;
  while (const std::size_t bytes = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    sum.bytes += bytes;
    VSL_CHECK(decoder.decode(std::span(chunk).first(bytes)));
    VSL_CHECK(take_pictures(decoder));
  }
  VSL_CHECK(decoder.drain());
  VSL_CHECK(take_pictures(decoder));
  sum.pictures = decoder.stats().pictures;
  sum.copies = decoder.stats().copies;
  return sum;
}

Result<void> take_packets(vsl::Encoder& encoder) {
  for (;;) {
    VSL_TRY(const auto packet, encoder.next_packet());
    if (!packet) return {};
  }
}

bool read_picture(std::FILE* file, vsl::Frame& frame) {
  const vsl::Layout& layout = frame.info().layout;  // without gaps, as the file is
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const std::size_t bytes = layout.plane_row_bytes(i) * layout.plane_rows(i);
    if (std::fread(frame.plane(i).data(), 1, bytes, file) != bytes) return false;
  }
  return true;
}

Result<Sum> encode(vsl::Fourcc codec, const char* path, std::uint32_t width, std::uint32_t height,
                   std::uint64_t bitrate_bps) {
  VSL_TRY(const File file, open_file(path));
  VSL_TRY(auto encoder, vsl::Encoder::create({.codec = codec,
                                              .bitrate_bps = bitrate_bps,
                                              .backend = vsl::CodecBackend::software}));
  VSL_TRY(const auto layout, vsl::Layout::packed(vsl::fourcc("I420"), width, height));
  VSL_TRY(auto frame, vsl::Frame::allocate(layout, {}));
  for (std::int64_t number = 0; read_picture(file.get(), frame); ++number) {
    frame.info().times.pts_ns = number * 1'000'000'000 / 30;
    VSL_CHECK(encoder.encode(frame));
    VSL_CHECK(take_packets(encoder));
  }
  VSL_CHECK(encoder.drain());
  VSL_CHECK(take_packets(encoder));
  const vsl::EncoderStats stats = encoder.stats();
  return Sum{stats.packets, stats.bytes, stats.copies};
}

}  // namespace

int main(int argc, char** argv) {
  const bool encodes = argc == 7 && std::string(argv[1]) == "encode";
  if (!encodes && (argc != 4 || std::string(argv[1]) != "decode")) {
    std::fprintf(stderr,
                 "usage: codec_bench decode CODEC FILE | "
                 "encode CODEC FILE WIDTH HEIGHT BITRATE\n");
    return 2;
  }
  const auto codec = std::string(argv[2]) == "hevc" ? vsl::fourcc("HEVC") : vsl::fourcc("H264");
  const auto number = [&](int i) { return static_cast<std::uint32_t>(std::atoi(argv[i])); };
  const auto sum =
      encodes ? encode(codec, argv[3], number(4), number(5), number(6)) : decode(codec, argv[3]);
  if (!sum) {
    std::fprintf(stderr, "codec_bench: %s\n", sum.error().message().c_str());
    return 1;
  }
  std::printf("{\"pictures\": %llu, \"bytes\": %llu, \"copies\": %llu}\n",
              static_cast<unsigned long long>(sum->pictures),
              static_cast<unsigned long long>(sum->bytes),
              static_cast<unsigned long long>(sum->copies));
}
