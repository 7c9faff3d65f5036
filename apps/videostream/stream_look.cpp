// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stream_look.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "avformat/elementary_stream.hpp"
#include "media/sequence_info.hpp"
#include "values.hpp"

namespace vsl::command {
namespace {

/// What NAL units are, read as those of one codec.
struct Units {
  std::size_t all = 0, slices = 0, sps = 0, pps = 0;
  std::size_t strange = 0;  // headers that encoders do not write
  bool readable_sps = false;
};

VideoCodec other_than(VideoCodec codec) {
  return codec == VideoCodec::h264 ? VideoCodec::hevc : VideoCodec::h264;
}

// Both codecs take nearly any byte for a header. What encoders write is far less: H.264 has no data
// partitions, and refers to slices of key frames and to parameter sets but never to SEI and the
// like; HEVC has one layer.
bool is_strange(VideoCodec codec, std::span<const std::byte> nal) {
  const auto first = std::to_integer<unsigned>(nal[0]);
  if (codec == VideoCodec::h264) {
    const unsigned type = first & 0x1f, reference = first >> 5;
    const bool always = type == 5 || type == 7 || type == 8,
               never = type == 6 || (type >= 9 && type <= 12);
    return reference > 3 || type == 0 || (type >= 2 && type <= 4) || type > 20 ||
           (always && reference == 0) || (never && reference != 0);
  }
  const unsigned second = nal.size() > 1 ? std::to_integer<unsigned>(nal[1]) : 0;
  return (first & 0x81) != 0 || (second & 0xf8) != 0 || (second & 0x07) == 0;
}

Units units_of(VideoCodec codec, std::span<const std::byte> head) {
  Units units;
  NalScanner nals(head);
  while (const auto nal = nals.next()) {
    const NalKind kind = nal_kind(codec, *nal);
    ++units.all;
    units.strange += is_strange(codec, *nal) ? 1 : 0;
    units.slices += kind == NalKind::slice || kind == NalKind::key_slice ? 1 : 0;
    units.pps += kind == NalKind::pps ? 1 : 0;
    if (kind != NalKind::sps) continue;
    ++units.sps;
    units.readable_sps = units.readable_sps || parse_sps(codec, *nal).has_value();
  }
  return units;
}

// Whether the units are rather those of a codec than of the other one.
bool fits_better(const Units& units, const Units& other) {
  if (units.readable_sps != other.readable_sps) return units.readable_sps;
  return units.slices + units.sps > 0 && units.strange < other.strange;
}

bool is_text(std::span<const std::byte> head) {
  constexpr std::size_t kEnough = 512;
  const auto first = head.first(std::min(kEnough, head.size()));
  return std::all_of(first.begin(), first.end(), [](std::byte byte) {
    const auto c = std::to_integer<unsigned char>(byte);
    return c >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  });
}

}  // namespace

bool is_container(std::span<const std::byte> head) {
  const auto begins = [&](std::string_view magic) {
    return head.size() >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
  };
  constexpr std::size_t kPacketBytes = 188;  // of MPEG-TS: ISO/IEC 13818-1 §2.4.3.2
  constexpr std::byte kSync{0x47};
  const bool transport = head.size() > 2 * kPacketBytes && head[0] == kSync &&
                         head[kPacketBytes] == kSync && head[2 * kPacketBytes] == kSync;
  return transport || avformat::is_mp4(head) || begins("\x1a\x45\xdf\xa3") || begins("RIFF") ||
         begins("OggS") || begins("FLV\x01");
}

std::string look_of_stream(VideoCodec codec, std::span<const std::byte> head) {
  const std::string name = name_of(codec);
  if (head.empty()) return "the file is empty";
  const Units units = units_of(codec, head);
  if (units.all == 0) {
    return std::string(is_text(head) ? "it is text" : "there is no start code (00 00 01) in it") +
           ", no elementary stream of H.264 or HEVC";
  }
  const VideoCodec other = other_than(codec);
  if (fits_better(units_of(other, head), units)) {
    return "its NAL units look like those of " + std::string(name_of(other)) + ": try --codec " +
           word_of(other);
  }
  if (units.slices == 0) {
    return units.sps > 0 ? "there are parameter sets and no slices in it: it is cut off"
                         : "there are start codes, but no slices of " + name + " in it";
  }
  if (units.sps == 0 || units.pps == 0) {
    return "it has slices of " + name + ", but not the parameter sets (" +
           (codec == VideoCodec::h264 ? "" : "VPS, ") +
           "SPS, PPS) that say how to read them: it lacks its beginning";
  }
  return "it has parameter sets and slices of " + name +
         ", but none of them can be decoded: it is damaged, or begins behind its last key frame";
}

}  // namespace vsl::command
