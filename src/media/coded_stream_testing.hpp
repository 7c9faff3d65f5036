// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

/// Writes coded streams field by field, as the standards name them, for tests of their readers.
namespace vsl::test {

using Bytes = std::vector<std::byte>;

class BitWriter {
 public:
  BitWriter& bits(std::uint64_t value, unsigned count) {
    while (count-- > 0) bits_.push_back((value >> count & 1) != 0);
    return *this;
  }
  BitWriter& flag(bool value) { return bits(value ? 1 : 0, 1); }
  BitWriter& golomb(std::uint32_t value) {
    unsigned length = 0;
    for (std::uint64_t rest = std::uint64_t{value} + 1; rest > 1; rest >>= 1) ++length;
    return bits(0, length).bits(std::uint64_t{value} + 1, length + 1);
  }
  BitWriter& golombs(std::initializer_list<std::uint32_t> values) {
    for (const std::uint32_t value : values) golomb(value);
    return *this;
  }
  BitWriter& signed_golomb(std::int32_t value) {
    return golomb(value > 0 ? 2 * static_cast<std::uint32_t>(value) - 1
                            : static_cast<std::uint32_t>(-2 * value));
  }

  bool whole_bytes() const { return bits_.size() % 8 == 0; }

  /// The NAL unit of this payload: header, trailing bits, emulation prevention.
  Bytes nal(std::initializer_list<unsigned> header) const {
    std::vector<bool> all = bits_;
    all.push_back(true);
    while (all.size() % 8 != 0) all.push_back(false);
    Bytes unit;
    for (const unsigned byte : header) unit.push_back(static_cast<std::byte>(byte));
    unsigned zeros = 0;
    for (std::size_t i = 0; i < all.size(); i += 8) {
      unsigned byte = 0;
      for (std::size_t k = 0; k < 8; ++k) byte = byte << 1 | (all[i + k] ? 1U : 0U);
      if (zeros >= 2 && byte <= 3) {
        unit.push_back(std::byte{3});
        zeros = 0;
      }
      zeros = byte == 0 ? zeros + 1 : 0;
      unit.push_back(static_cast<std::byte>(byte));
    }
    return unit;
  }

 private:
  std::vector<bool> bits_;
};

inline Bytes annex_b(const std::vector<Bytes>& nals, bool long_codes = false) {
  Bytes stream;
  for (const Bytes& nal : nals) {
    if (long_codes) stream.push_back(std::byte{0});
    for (const int byte : {0, 0, 1}) stream.push_back(static_cast<std::byte>(byte));
    stream.insert(stream.end(), nal.begin(), nal.end());
  }
  return stream;
}

struct H264Sps {
  std::uint32_t width_macroblocks = 20, height_macroblocks = 15;
  std::uint32_t order_type = 0;
  bool frames_only = true;
  std::uint32_t crop_right = 0, crop_bottom = 0;
  std::uint32_t tick = 0, scale = 0;  ///< 0: no usability information
  int chroma_location = -1;           ///< of the top field, -1: none is said
};

inline Bytes h264_sps(const H264Sps& sps = {}) {
  BitWriter w;
  w.bits(66, 8).bits(0, 8).bits(30, 8).golomb(0);  // profile, constraints, level, id
  w.golomb(0).golomb(sps.order_type);              // frame_num in 4 bits
  if (sps.order_type == 0) w.golomb(0);            // order in 4 bits
  w.golomb(1).flag(false);                         // references, gaps
  w.golomb(sps.width_macroblocks - 1).golomb(sps.height_macroblocks - 1).flag(sps.frames_only);
  if (!sps.frames_only) w.flag(false);
  w.flag(true);
  const bool crop = sps.crop_right != 0 || sps.crop_bottom != 0;
  w.flag(crop);
  if (crop) w.golombs({0, sps.crop_right, 0, sps.crop_bottom});
  const bool chroma = sps.chroma_location >= 0;
  w.flag(sps.tick != 0 || chroma);
  if (sps.tick != 0 || chroma) {
    w.flag(false).flag(false).flag(false).flag(chroma);  // aspect, overscan, signal, chroma
    if (chroma) w.golomb(static_cast<std::uint32_t>(sps.chroma_location)).golomb(0);
    w.flag(sps.tick != 0);
    if (sps.tick != 0) w.bits(sps.tick, 32).bits(sps.scale, 32).flag(true);
    w.bits(0, 4);
  }
  return w.nal({0x67});
}

inline Bytes h264_pps() { return BitWriter().golombs({0, 0}).bits(0, 2).golomb(0).nal({0x68}); }

struct H264Slice {
  unsigned header = 0x41;  ///< 0x65 IDR, 0x41 that others refer to, 0x01 that none does
  std::uint32_t first_macroblock = 0, frame_num = 0, order = 0;
  bool field = false, bottom = false, frames_only = true;
};

inline Bytes h264_slice(const H264Slice& slice) {
  BitWriter w;
  w.golombs({slice.first_macroblock, 5, 0}).bits(slice.frame_num, 4);
  if (!slice.frames_only) w.flag(slice.field);
  if (slice.field) w.flag(slice.bottom);
  if ((slice.header & 0x1f) == 5) w.golomb(0);
  w.bits(slice.order, 4).bits(0xdeadbeefcafe, 48);
  return w.nal({slice.header});
}

}  // namespace vsl::test
