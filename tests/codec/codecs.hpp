// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "media/format_table.hpp"
#include "videostream/codec.hpp"
#include "videostream/device.hpp"

/// What the tests of codecs share: pictures to encode, streams to decode, and how they compare.
namespace vsl::test {

using Bytes = std::vector<std::byte>;

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

/// What a shell command writes to stdout.
inline Bytes output_of(const std::string& command) {
  Bytes bytes;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return bytes;
  std::vector<std::byte> block(1 << 16);
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe)) {
    bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
  }
  ::pclose(pipe);
  return bytes;
}

/// The pixels of a part of a picture, rows and planes without padding. It begins where chroma does.
inline Bytes pixels_of(Frame& frame, const Rect& part) {
  const Layout& layout = frame.info().layout;
  const auto px = [](std::int32_t number) { return static_cast<std::uint32_t>(number); };
  Bytes pixels;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const auto plane = frame.plane(i);
    const PlaneFormat& format = find_format(layout.fourcc)->planes[i];
    for (std::uint32_t row = 0; row < format.rows(px(part.height)); ++row) {
      const auto bytes =
          plane.subspan(std::size_t{format.rows(px(part.y)) + row} * layout.planes[i].stride_bytes +
                            format.row_bytes(px(part.x)),
                        format.row_bytes(px(part.width)));
      pixels.insert(pixels.end(), bytes.begin(), bytes.end());
    }
  }
  return pixels;
}

/// All of them.
inline Bytes pixels_of(Frame& frame) {
  const Layout& layout = frame.info().layout;
  return pixels_of(frame, {0, 0, static_cast<std::int32_t>(layout.width_px),
                           static_cast<std::int32_t>(layout.height_px)});
}

using TakePicture = std::function<void(Frame&)>;

inline void take_pictures(Decoder& decoder, const TakePicture& take) {
  for (;;) {
    auto picture = decoder.next_picture();
    ASSERT_TRUE(picture) << picture.error().message();
    if (!*picture) return;
    take(**picture);
  }
}

/// Decodes a stream cut into chunks of `chunk_bytes(index)` to its end.
inline void decode_stream(Decoder& decoder, std::span<const std::byte> stream,
                          const std::function<std::size_t()>& chunk_bytes,
                          const TakePicture& take) {
  while (!stream.empty()) {
    const auto chunk = stream.first(std::min(stream.size(), chunk_bytes()));
    const auto taken = decoder.decode(chunk);
    ASSERT_TRUE(taken) << taken.error().message();
    take_pictures(decoder, take);
    stream = stream.subspan(chunk.size());
  }
  ASSERT_TRUE(decoder.drain());
  take_pictures(decoder, take);
}

/// The samples of a picture of 4:2:0, component by component, whether U and V share a plane or not.
inline Bytes samples_of(Frame& frame) {
  Bytes pixels = pixels_of(frame);
  if (frame.info().layout.fourcc != fourcc("NV12")) return pixels;
  const std::size_t luma = pixels.size() * 2 / 3;
  Bytes samples(pixels.begin(), pixels.begin() + static_cast<std::ptrdiff_t>(luma));
  for (const std::size_t component : {0U, 1U}) {
    for (std::size_t i = luma + component; i < pixels.size(); i += 2) samples.push_back(pixels[i]);
  }
  return samples;
}

/// A picture that moves, with edges and flat parts; U and V differ, so that nobody takes one for
/// the other.
inline void paint(Frame& frame, int number) {
  const Layout& layout = frame.info().layout;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const auto plane = frame.plane(i);
    for (std::uint32_t row = 0; row < layout.plane_rows(i); ++row) {
      for (std::uint32_t x = 0; x < layout.plane_row_bytes(i); ++x) {
        const bool both = i == 1 && layout.plane_count == 2;  // U and V side by side
        const std::uint32_t column = both ? x / 2 : x;
        const auto ramp = (column + row + static_cast<std::uint32_t>(number) * 2) / 2 % 160;
        const bool bar = (column / 32 + row / 32) % 5 == static_cast<std::uint32_t>(number / 8) % 5;
        const bool is_v = i == 2 || (both && x % 2 == 1);
        plane[std::size_t{row} * layout.planes[i].stride_bytes + x] =
            static_cast<std::byte>(i == 0 ? 40 + ramp + (bar ? 30 : 0)
                                   : is_v ? 170 - ramp / 4
                                          : 100 + ramp / 4);
      }
    }
  }
  frame.end_cpu_access();
}

inline Frame a_picture(Fourcc format, std::uint32_t width_px, std::uint32_t height_px, int number,
                       const MemoryOptions& memory = {.source = MemorySource::memfd}) {
  auto frame = Frame::allocate(*Layout::packed(format, width_px, height_px, 64), memory);
  paint(*frame, number);
  return std::move(*frame);
}

/// Peak signal to noise in dB of two equally long pictures; 99 for equal ones, 0 for other sizes.
inline double psnr_db(const Bytes& a, const Bytes& b) {
  if (a.size() != b.size()) return 0;
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::to_integer<int>(a[i]) - std::to_integer<int>(b[i]);
    squares += difference * difference;
  }
  if (squares == 0) return 99;
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.size()) / squares);
}

/// Encodes and gives each packet to `take`.
inline void take_packets(Encoder& encoder, const std::function<void(Frame&)>& take) {
  for (;;) {
    auto packet = encoder.next_packet();
    ASSERT_TRUE(packet) << packet.error().message();
    if (!*packet) return;
    take(**packet);
  }
}

struct Size {
  std::uint32_t width_px = 0, height_px = 0;
};

/// A codec that a backend encodes as well as decodes.
struct Ability {
  CodecBackend backend;
  Fourcc codec;
  Size least;  ///< pictures that its encoder takes

  Size at_least(std::uint32_t width_px, std::uint32_t height_px) const {
    return {std::max(width_px, least.width_px), std::max(height_px, least.height_px)};
  }
  /// Codecs of drivers come in whole units, as nobody here knows where those begin.
  bool is_a_stream() const { return codec == fourcc("H264") || codec == fourcc("HEVC"); }
};
inline void PrintTo(const Ability& ability, std::ostream* out) {
  *out << to_string(ability.backend) << " " << ability.codec.to_string();
}

/// What the driver of an encoder says; 0 for software.
inline Size least_size(const CodecAbility& encoder) {
  if (encoder.device.empty()) return {};
  const auto device = inspect_device(encoder.device);
  if (!device) return {};
  for (const DeviceFormat& format : device->capture_formats) {
    if (format.fourcc != encoder.codec || format.sizes.empty()) continue;
    return {format.sizes[0].min_width_px, format.sizes[0].min_height_px};
  }
  return {};
}

/// What the backends of this machine encode as well as decode.
inline std::vector<Ability> round_trips() {
  std::vector<Ability> abilities;
  const auto report = list_codecs();
  if (!report) return abilities;
  for (const CodecAbility& encoder : report->abilities) {
    for (const CodecAbility& decoder : report->abilities) {
      if (encoder.encodes && decoder.decodes && encoder.codec == decoder.codec &&
          encoder.backend == decoder.backend) {
        abilities.push_back({encoder.backend, encoder.codec, least_size(encoder)});
      }
    }
  }
  return abilities;
}

/// "software_H264"
inline std::string name_of(const ::testing::TestParamInfo<Ability>& ability) {
  return to_string(ability.param.backend) + "_" + ability.param.codec.to_string();
}

}  // namespace vsl::test
