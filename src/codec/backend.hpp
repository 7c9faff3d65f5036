// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "videostream/codec.hpp"

namespace vsl::codec {

/// A picture to encode, wherever it lies: in a frame of ours or in a lease. Good until send()
/// returns.
class RawPicture {
 public:
  virtual ~RawPicture() = default;
  virtual const FrameInfo& info() const = 0;
  /// Bytes of a plane, mapped when first asked for; empty if that fails.
  virtual std::span<const std::byte> plane(std::size_t index) = 0;
  /// The descriptor of a buffer, borrowed, for a device to read: ends our own access to it. What it
  /// is tells fstat or a driver that imports it.
  virtual int buffer_fd(std::size_t index) = 0;
};

/// What an encoder is opened for.
struct EncoderSetup {
  EncoderOptions options;  ///< bitrate, gop filled in: never 0
  /// Of the first picture, with its layout and colour; sizes may be checked against a driver's.
  FrameInfo picture;
  std::uint32_t width_px = 0, height_px = 0;  ///< of the part to encode
  bool in_dma_bufs = false;                   ///< where the first picture lies
};

struct PictureWish {
  std::int64_t stamp = 0;  ///< 0, 1, 2 … in the order of pictures; comes back with the packet
  bool key_frame = false;
  Rect crop;  ///< the part to encode: checked, always as large as EncoderSetup says
};

struct BackendPacket {
  Frame frame;  ///< opaque layout of the coded bytes; its description is filled in by Encoder
  std::int64_t stamp = 0;
  /// Decoding order as a stamp: that of the picture at whose time decoding is due. Less than 0 at
  /// the start of a stream with B-frames.
  std::int64_t dts_stamp = 0;
  bool key_frame = false;
};

/// An encoder that is open. Thread-confined.
class EncoderBackend {
 public:
  virtual ~EncoderBackend() = default;
  /// Reads the picture before it returns. Called only after receive() had nothing, and not after
  /// drain().
  virtual Result<void> send(RawPicture& picture, const PictureWish& wish) = 0;
  virtual Result<void> drain() = 0;
  /// Forgets what is inside and begins anew with a key picture.
  virtual Result<void> reset() = 0;
  /// The next packet; nothing when it wants another picture, or all came out after drain().
  virtual Result<std::optional<BackendPacket>> receive() = 0;
  virtual std::string name() const = 0;  ///< of the implementation: "libx264"
  virtual std::uint64_t copies() const = 0;
};

struct BackendPicture {
  Frame frame;  ///< with layout, colour and crop
  std::int64_t stamp = -1;
  bool flawed = false;
};

struct DecoderCounts {
  std::uint64_t damaged = 0, copies = 0;
  std::uint32_t buffers = 0;
};

/// A decoder that is open. Thread-confined.
class DecoderBackend {
 public:
  virtual ~DecoderBackend() = default;
  /// A whole access unit in Annex B. `stamp` comes back with its picture. Damage is counted, no
  /// error. Called only after receive() had nothing, and not after drain().
  virtual Result<void> send(std::span<const std::byte> access_unit, std::int64_t stamp) = 0;
  virtual Result<void> drain() = 0;
  virtual Result<void> reset() = 0;
  /// The next picture in display order; nothing when it wants more, or all came out after drain().
  virtual Result<std::optional<BackendPicture>> receive() = 0;
  virtual std::string name() const = 0;
  virtual DecoderCounts counts() const = 0;
};

/// One backend, as the table in selection.cpp lists it.
struct Backend {
  CodecBackend id;
  /// What it can do here. Errors: why it can do nothing.
  Result<std::vector<CodecAbility>> (*abilities)();
  Result<std::unique_ptr<EncoderBackend>> (*open_encoder)(const EncoderSetup& setup);
  Result<std::unique_ptr<DecoderBackend>> (*open_decoder)(const DecoderOptions& options);
};

extern const Backend kV4l2Backend, kHantroBackend, kSoftwareBackend;

/// The backend to take, by the rules of CodecBackend::automatic if it is that. That of an
/// `implementation`, if one is named, is the software backend.
/// Errors: not_supported, with who does what here; invalid_argument (an implementation of another
/// backend).
Result<const Backend*> select_backend(CodecBackend wanted, Fourcc codec, bool encode,
                                      const std::string& implementation = {});

}  // namespace vsl::codec
