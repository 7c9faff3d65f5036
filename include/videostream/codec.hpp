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

#include "videostream/client.hpp"
#include "videostream/frame.hpp"

namespace vsl {

/// Who encodes or decodes. `automatic`: what VSL_CODEC_BACKEND in the environment says (auto, v4l2,
/// hantro or software), else the first of V4L2, Hantro and software that does it here.
enum class CodecBackend : std::uint32_t { automatic = 0, hantro = 1, v4l2 = 2, software = 3 };

/// One codec that can be encoded or decoded on this machine.
struct CodecAbility {
  Fourcc codec;  ///< H264, HEVC, and whatever else a driver does
  CodecBackend backend = CodecBackend::software;
  bool encodes = false, decodes = false;
  std::string name;    ///< who does it: "libx264", a driver's card name
  std::string device;  ///< its node; empty for software
};

/// A backend that does nothing here, and why.
struct MissingBackend {
  CodecBackend backend = CodecBackend::software;
  Error reason;
};

struct CodecReport {
  std::vector<CodecAbility> abilities;  ///< in the order in which `automatic` prefers them
  std::vector<MissingBackend> missing;
};

/// What can be encoded and decoded here, by whom. Asks devices and loads modules; keeps none open.
VSL_EXPORT Result<CodecReport> list_codecs();
/// Whether a codec is encoded, or decoded, by a backend here. Errors: not_supported, with who does
/// what.
VSL_EXPORT Result<void> check_codec(Fourcc codec, bool encode,
                                    CodecBackend backend = CodecBackend::automatic);
/// "auto", "hantro", "v4l2", "software".
VSL_EXPORT std::string to_string(CodecBackend backend);

enum class RateControl : std::uint32_t {
  variable_bitrate,  ///< `bitrate_bps` on average
  constant_bitrate,  ///< `bitrate_bps`, with less than a second of it as leeway
  constant_qp,       ///< `qp`, whatever bits that takes
};

/// What is wanted of an encoder. The size and format of its pictures are those of the first one.
struct EncoderOptions {
  Fourcc codec = fourcc("H264");  ///< or HEVC, or what a driver does (list_codecs() tells)
  RateControl rate_control = RateControl::variable_bitrate;
  std::uint64_t bitrate_bps = 0;  ///< exactly this; 0 = by size and frame rate
  std::uint32_t qp = 26;          ///< for constant_qp: 0 … 51, less is better
  std::uint32_t rate_numerator = 30, rate_denominator = 1;  ///< pictures in a second
  std::uint32_t gop = 0;       ///< pictures from one key frame to the next; 0 = those of a second
  std::uint32_t b_frames = 0;  ///< at most so many in a row; pictures then come out of order
  std::string profile = {};    ///< "baseline", "main", "high", "main10" …; empty: the encoder's
  std::string level = {};      ///< "4.1"; empty: by size, rate and bitrate
  /// Every picture comes out as soon as it is in (if `b_frames` is 0). Without it the encoder may
  /// look ahead, for better pictures of the same size.
  bool low_latency = true;
  CodecBackend backend = CodecBackend::automatic;
  /// FFmpeg's name of an encoder ("h264_nvenc"), which the software backend then takes, alone.
  std::string implementation = {};
  std::uint32_t threads = 0;  ///< software: 0 = as it finds good
};

/// What is wanted for one picture.
struct EncodeWish {
  bool key_frame = false;
  /// The part to encode: within the picture, and as large as that of the first picture. Width 0:
  /// FrameInfo::crop of the picture, or all of it. Odd numbers only where chroma is not subsampled.
  Rect crop = {};
};

struct EncoderStats {
  std::uint64_t pictures = 0, packets = 0, key_frames = 0, bytes = 0;
  std::uint64_t copies = 0;  ///< pictures converted or copied before the encoder could read them
};

/// Encodes pictures as H.264 or HEVC. Packets are frames that can be published: their fourcc is the
/// codec's, their one plane an access unit in Annex B with the parameter sets before each key
/// picture, their times those of the picture; key_frame is set where decoding can start.
/// Threads: thread-confined.
class VSL_EXPORT Encoder {
 public:
  /// Errors: not_supported (nobody here encodes that: says who encodes what, and why others do
  ///         not); invalid_argument (an option out of range).
  static Result<Encoder> create(const EncoderOptions& options);
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  /// Encodes a picture, which is read before this returns. The first one opens the encoder.
  /// Fetch packets until there is none after each.
  /// Errors: invalid_argument (another size or format than the first: says both; a bad crop);
  ///         not_supported (a format, profile or level the encoder has not: says which it has);
  ///         operation_not_permitted (after drain()); errno of the device.
  Result<void> encode(Frame& picture, const EncodeWish& wish = {});
  Result<void> encode(const Lease& picture, const EncodeWish& wish = {});
  /// Says that no picture follows, so that next_packet() gives all that is left. reset() ends it.
  Result<void> drain();
  /// Forgets what is inside; the next picture is a key picture.
  Result<void> reset();
  /// The next packet in decoding order; nothing until there is another picture, or at the end.
  Result<std::optional<Frame>> next_packet();

  /// SPS and PPS (and VPS) in Annex B, as they stand before key pictures; empty before the first
  /// packet. Counted by `parameter_sets_version`, which changes when they do.
  std::span<const std::byte> parameter_sets() const noexcept;
  std::uint32_t parameter_sets_version() const noexcept;

  CodecBackend backend() const noexcept;
  std::string backend_name() const;  ///< "software: libx264"
  const EncoderOptions& options() const noexcept;
  EncoderStats stats() const noexcept;

  struct Impl;
  explicit Encoder(std::unique_ptr<Impl> impl) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

struct DecoderOptions {
  Fourcc codec = fourcc("H264");  ///< or HEVC, or what a driver does (list_codecs() tells)
  /// NV12: pictures are that, if they have to be copied for it. Otherwise they are what the decoder
  /// makes: in software I420 for most streams, P010 for those of 10 bits (docs/codecs.md).
  Fourcc format = {};
  CodecBackend backend = CodecBackend::automatic;
  /// Pictures come out as early as the stream allows. Without it decoding overlaps several pictures
  /// where that is faster.
  bool low_latency = false;
  std::uint32_t threads = 0;  ///< software: 0 = as many as there are processors
  /// FFmpeg's name of a decoder ("hevc_cuvid"), which the software backend then takes, alone.
  std::string implementation = {};
};

/// Times of coded data, for the picture that begins in it; -1 = unknown.
struct CodedTimes {
  std::int64_t pts_ns = -1, dts_ns = -1, duration_ns = -1;
};

struct DecoderStats {
  std::uint64_t access_units = 0, pictures = 0;
  std::uint64_t damaged = 0;         ///< access units that failed, and pictures that show it
  std::uint64_t copies = 0;          ///< pictures that did not go straight into their frame
  std::uint64_t skipped_bytes = 0;   ///< in front of the first start code
  std::uint32_t buffers = 0;         ///< pictures there is memory for
  std::uint64_t coded_pictures = 0;  ///< of access units that were found in a stream
};

/// Decodes H.264 or HEVC into frames that can be published. The decoder may still read a picture
/// that it gave out, to decode others: nobody is to write into it.
/// Threads: thread-confined; pictures may be let go from any thread, also after the Decoder.
class VSL_EXPORT Decoder {
 public:
  /// Errors: not_supported (nobody here decodes that: says who decodes what); invalid_argument.
  static Result<Decoder> create(const DecoderOptions& options);
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  /// Adds bytes of an Annex B stream, cut anywhere; the times are of the first picture that begins
  /// in them. Damaged data is no error: it is counted, and decoding goes on with the next picture
  /// that is whole. A stream may begin anywhere and change its size.
  /// Errors: message_size (more than 64 MiB without a picture); operation_not_permitted (after
  ///         drain()); not_supported (a codec other than H264 and HEVC: give whole units).
  Result<void> decode(std::span<const std::byte> stream, const CodedTimes& times = {});
  /// Adds a whole access unit, so that nothing has to follow for its picture to come out.
  Result<void> decode_unit(std::span<const std::byte> unit, const CodedTimes& times = {});
  /// The same of a packet of an Encoder, in this process or another. Errors: also invalid_argument
  /// (a frame of another codec).
  Result<void> decode(Frame& packet);
  Result<void> decode(const Lease& packet);
  /// Says that nothing follows, so that next_picture() gives all that is left. reset() ends it.
  Result<void> drain();
  /// Forgets everything, to go on elsewhere in the stream or in another one.
  Result<void> reset();
  /// The next picture in display order; nothing until more is decoded, or at the end. Its size may
  /// differ from the one before. Errors: errno of the device or of allocating memory.
  Result<std::optional<Frame>> next_picture();

  CodecBackend backend() const noexcept;
  std::string backend_name() const;  ///< "software: h264"
  DecoderStats stats() const noexcept;

  struct Impl;
  explicit Decoder(std::unique_ptr<Impl> impl) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl
