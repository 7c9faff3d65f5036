// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "module/module.hpp"
#include "videostream/frame_info.hpp"
#include "videostream/result.hpp"

/// What the library and the module with FFmpeg say to each other: bytes and planes in plain memory,
/// so that the module needs nothing of the library.
namespace vsl::codec::software {

/// A codec of FFmpeg's.
struct CodecName {
  Fourcc codec;
  bool encodes = false;
  std::string name;
};

/// The part of a picture to encode.
struct Planes {
  std::array<const std::byte*, kMaxPlanes> data{};
  std::array<std::uint32_t, kMaxPlanes> strides_bytes{};
};

enum class Rate : std::uint8_t { variable, constant, quantizer };

struct EncoderSetup {
  Fourcc codec, format;
  std::uint32_t width_px = 0, height_px = 0;
  Colorimetry color;
  Rate rate = Rate::variable;
  std::uint64_t bitrate_bps = 0;
  std::uint32_t qp = 0, gop = 0, b_frames = 0;
  std::uint32_t rate_numerator = 30, rate_denominator = 1;
  std::string profile, level, implementation;
  bool low_latency = true;
  std::uint32_t threads = 0;
};

/// Valid until the next call to its encoder.
struct CodedPacket {
  std::span<const std::byte> bytes;
  std::int64_t stamp = 0, dts_stamp = 0;
  bool key_frame = false;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual Result<void> send(const Planes& planes, std::int64_t stamp, bool key_frame) = 0;
  virtual Result<void> drain() = 0;
  virtual Result<std::optional<CodedPacket>> receive() = 0;
  virtual const char* name() const = 0;
  virtual std::uint64_t copies() const = 0;
};

/// Where decoded pictures are to lie. Thread-safe: decoders ask from threads of their own.
class PictureMemory {
 public:
  struct Block {
    std::byte* data = nullptr;  ///< begins at a page
    std::uint64_t token = 0;
  };
  virtual ~PictureMemory() = default;
  virtual Result<Block> take(std::size_t bytes) = 0;
  /// One user more, who gives it back too.
  virtual void share(std::uint64_t token) noexcept = 0;
  virtual void give_back(std::uint64_t token) noexcept = 0;
};

struct DecodedPicture {
  std::uint64_t token = 0;  ///< of its block, which the receiver gives back
  Layout layout;            ///< within the block
  Colorimetry color;
  std::int64_t stamp = -1;
  std::uint8_t interlace = 0;
  bool flawed = false;
};

struct DecoderSetup {
  Fourcc codec;
  bool semi_planar = false;  ///< pictures are wanted as NV12
  bool low_latency = false;
  std::uint32_t threads = 0;
  std::string implementation;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual Result<void> send(std::span<const std::byte> access_unit, std::int64_t stamp) = 0;
  virtual Result<void> drain() = 0;
  virtual Result<void> reset() = 0;
  virtual Result<std::optional<DecodedPicture>> receive() = 0;
  virtual const char* name() const = 0;
  virtual std::uint64_t damaged() const = 0;
  virtual std::uint64_t copies() const = 0;
};

struct Module : ModuleHead {
  std::vector<CodecName> (*codecs)();
  Result<std::unique_ptr<Encoder>> (*open_encoder)(const EncoderSetup& setup);
  /// `memory` outlives all its blocks: what is still in use keeps it.
  Result<std::unique_ptr<Decoder>> (*open_decoder)(const DecoderSetup& setup,
                                                   std::shared_ptr<PictureMemory> memory);
};

}  // namespace vsl::codec::software
