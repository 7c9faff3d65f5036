// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// The binary interface of NXP's wrapper around its video processors, libfslvpuwrap.so.3: what
/// releases 4.5.6 to 4.8.3 have in common, by the sizes and offsets of its public header (LP64).
/// Fields that nobody here reads or writes are reserved bytes.
namespace vsl::codec::hantro::abi {

inline constexpr const char* kSoname = "libfslvpuwrap.so.3";

// ---- Numbers

/// What every function returns.
enum Status : std::int32_t {
  kSuccess = 0,
  kFailure = 1,
  kInvalidParameter = 2,
  kInvalidHandle = 3,
  kInvalidFrame = 4,
  kTooFewFrames = 5,
  kInvalidStride = 6,
  kWrongSequence = 7,
  kTimeout = 8,
};

enum Standard : std::int32_t { kAvc = 6, kVp8 = 14, kHevc = 16 };

/// What a call to decode answers: a set of these.
enum DecodeFlag : std::uint32_t {
  kDecInputUsed = 0x1,
  kDecEndOfStream = 0x2,
  kDecPicture = 0x4,
  kDecNoPicture = 0x8,
  kDecRepeat = 0x10,
  kDecDropped = 0x20,
  kDecFlawedPicture = 0x40,
  kDecNeedsFrames = 0x80,
  kDecNeedsInput = 0x100,
  kDecInitialized = 0x200,
  kDecSkipped = 0x400,
  kDecUnitConsumed = 0x800,
  kDecNewSize = 0x1000,
  kDecFlush = 0x80000000,
};

enum DecodeConfig : std::int32_t { kSkipMode = 0, kInputType = 1, kBufferDelay = 2 };
enum SkipMode : std::int32_t { kSkipNone = 0 };
enum InputType : std::int32_t { kNormal = 0, kKick = 1, kDrain = 2 };
enum StreamError : std::int32_t { kIntact = 0, kUnsupportedStream = 1, kCorruptStream = 2 };
enum FieldType : std::int32_t { kNoField = 0, kTopFirst = 3, kBottomFirst = 4 };
enum MemoryType : std::int32_t { kVirtual = 0, kPhysical = 1 };
enum ColorFormat : std::int32_t { k420 = 0, k422Yuyv = 13, k422Uyvy = 14 };

/// What a call to encode answers: a set of these.
enum EncodeFlag : std::uint32_t {
  kEncInputUsed = 0x1,
  kEncHeader = 0x4,
  kEncPacket = 0x8,
  kEncNoPacket = 0x10,
};

enum EncodeConfig : std::int32_t { kHeaderBeforeKey = 3 };

// ---- Structures

struct MemoryBlock {  ///< of working memory that a codec asks for
  std::int32_t alignment_bytes;
  std::int32_t size_bytes;
  std::int32_t type;  ///< MemoryType
  std::byte* virtual_address;
  std::byte* physical_address;
  std::int32_t fd;
  std::array<std::int32_t, 3> reserved;
};
static_assert(sizeof(MemoryBlock) == 48);
static_assert(offsetof(MemoryBlock, type) == 8 && offsetof(MemoryBlock, virtual_address) == 16 &&
              offsetof(MemoryBlock, physical_address) == 24 && offsetof(MemoryBlock, fd) == 32);

struct MemoryInfo {
  std::int32_t count;
  std::array<MemoryBlock, 2> blocks;
};
static_assert(sizeof(MemoryInfo) == 104 && offsetof(MemoryInfo, blocks) == 8);

struct MemoryDescription {  ///< of contiguous memory of the wrapper's
  std::int32_t size_bytes;
  unsigned long physical_address;
  unsigned long cpu_address;
  unsigned long virtual_address;
  std::int32_t type;
  std::array<std::int32_t, 3> reserved;
};
static_assert(sizeof(MemoryDescription) == 48);
static_assert(offsetof(MemoryDescription, physical_address) == 8 &&
              offsetof(MemoryDescription, cpu_address) == 16 &&
              offsetof(MemoryDescription, virtual_address) == 24 &&
              offsetof(MemoryDescription, type) == 32);

struct WrapperVersion {
  std::int32_t major, minor, release;
  const char* text;
  std::array<std::int32_t, 4> reserved;
};
static_assert(sizeof(WrapperVersion) == 40 && offsetof(WrapperVersion, text) == 16);

struct FirmwareVersion {
  std::array<std::int32_t, 8> numbers;
};
static_assert(sizeof(FirmwareVersion) == 32);

struct Rectangle {
  std::uint32_t left, top, right, bottom;
};
static_assert(sizeof(Rectangle) == 16);

struct DecoderOpen {
  std::int32_t standard;
  std::int32_t reorder;
  std::int32_t chroma_interleave;  ///< 1: NV12
  std::int32_t map_type;
  std::int32_t tiled_to_linear;
  std::int32_t width_px, height_px;
  std::int32_t file_mode;
  std::int32_t compressor;
  std::int32_t pixel_format;
  std::int32_t adaptive_mode;
  void* application;
  std::int32_t secure_mode, secure_bytes;
};
static_assert(sizeof(DecoderOpen) == 64);
static_assert(offsetof(DecoderOpen, width_px) == 20 && offsetof(DecoderOpen, file_mode) == 28 &&
              offsetof(DecoderOpen, application) == 48 && offsetof(DecoderOpen, secure_mode) == 56);

struct FrameBuffer {
  std::int32_t index;
  std::uint32_t luma_stride_bytes, chroma_stride_bytes;
  std::byte *luma, *cb, *cr, *motion;      ///< physical
  std::byte *luma_bottom, *chroma_bottom;  ///< of tiled fields
  std::byte *virtual_luma, *virtual_cb, *virtual_cr, *virtual_motion;
  std::byte *virtual_luma_bottom, *virtual_chroma_bottom;
  std::int32_t fd;
  std::array<std::int32_t, 5> reserved;
  void* private_data;
};
static_assert(sizeof(FrameBuffer) == 144);
static_assert(offsetof(FrameBuffer, luma) == 16 && offsetof(FrameBuffer, motion) == 40 &&
              offsetof(FrameBuffer, virtual_luma) == 64 &&
              offsetof(FrameBuffer, virtual_motion) == 88 && offsetof(FrameBuffer, fd) == 112 &&
              offsetof(FrameBuffer, private_data) == 136);

struct CodecData {
  const std::byte* bytes;
  std::uint32_t size_bytes;
};
static_assert(sizeof(CodecData) == 16);

struct InputNode {  ///< a piece of the stream
  const std::byte* physical_address;
  const std::byte* virtual_address;
  std::uint32_t size_bytes;
  CodecData codec_data;
  std::int32_t picture_id;
  std::int32_t reserved;
  void* private_data;
};
static_assert(sizeof(InputNode) == 56);
static_assert(offsetof(InputNode, size_bytes) == 16 && offsetof(InputNode, codec_data) == 24 &&
              offsetof(InputNode, picture_id) == 40 && offsetof(InputNode, private_data) == 48);

struct DecoderInfo {  ///< what the decoder knows of a stream once it has seen its begin
  std::int32_t width_px, height_px;
  std::int32_t rate_numerator, rate_denominator;
  Rectangle crop;
  std::int32_t least_frames;
  std::int32_t jpeg_format;
  std::int32_t interlaced;
  std::uint32_t sample_ratio_q16;
  std::int32_t consumed_bytes;
  std::int32_t alignment_bytes;
  std::int32_t frame_bytes;
  std::int32_t bit_depth;
  std::array<std::int32_t, 3> reserved;
  void* special;
  std::int32_t has_color, has_hdr10;
  std::array<std::uint32_t, 12> hdr10;
  std::uint32_t primaries, transfer, matrix, full_range;
  std::array<std::uint32_t, 2> chroma_site;  ///< top, bottom field
};
static_assert(sizeof(DecoderInfo) == 168);
static_assert(offsetof(DecoderInfo, crop) == 16 && offsetof(DecoderInfo, least_frames) == 32 &&
              offsetof(DecoderInfo, alignment_bytes) == 52 &&
              offsetof(DecoderInfo, special) == 80 && offsetof(DecoderInfo, hdr10) == 96 &&
              offsetof(DecoderInfo, primaries) == 144 && offsetof(DecoderInfo, chroma_site) == 160);

struct FrameExtra {
  std::int32_t width_px, height_px;
  Rectangle crop;
  std::uint32_t sample_ratio_q16;
  std::int32_t luma_table, chroma_table;
  std::array<std::int32_t, 2> picture_ids;  ///< of the inputs that the picture came in
  std::array<std::int32_t, 5> reserved;
};
static_assert(sizeof(FrameExtra) == 64);
static_assert(offsetof(FrameExtra, crop) == 8 && offsetof(FrameExtra, picture_ids) == 36);

struct OutputFrame {
  FrameBuffer* frame;
  std::int32_t picture_type;
  std::int32_t field_type;
  std::int32_t view;
  const FrameExtra* extra;
  std::array<std::int32_t, 2> reserved;
  void* private_data;
};
static_assert(sizeof(OutputFrame) == 48);
static_assert(offsetof(OutputFrame, extra) == 24 && offsetof(OutputFrame, private_data) == 40);

struct ConsumedUnit {
  FrameBuffer* frame;
  std::int32_t stuffing_bytes, unit_bytes;
  std::array<std::int32_t, 5> reserved;
};
static_assert(sizeof(ConsumedUnit) == 40);

/// Up to here all releases agree; what follows moved twice and stays zero. The wrapper may read all
/// of it.
struct EncoderOpen {
  std::int32_t standard;
  std::int32_t width_px, height_px;                ///< coded
  std::int32_t memory_width_px, memory_height_px;  ///< of the picture in memory
  std::int32_t rotation;
  std::int32_t rate_fps;
  std::int32_t bitrate_bps;
  std::int32_t gop;
  std::int32_t color_conversion;
  std::int32_t slices;
  std::int32_t chroma_interleave;  ///< 1: NV12
  std::int32_t mirror;
  std::int32_t map_type;
  std::int32_t linear_to_tiled;
  std::int32_t color_format;
  std::int32_t most_qp, least_qp;
  std::int32_t use_least_qp, use_most_qp;
  std::array<std::byte, 432> rest;
};
static_assert(sizeof(EncoderOpen) == 512);
static_assert(offsetof(EncoderOpen, rate_fps) == 24 && offsetof(EncoderOpen, color_format) == 60 &&
              offsetof(EncoderOpen, rest) == 80);

struct EncoderInfo {
  std::int32_t least_frames;
  std::int32_t alignment_bytes;
  std::int32_t type;
};
static_assert(sizeof(EncoderInfo) == 12);

struct EncodeCall {
  std::int32_t standard;
  std::int32_t width_px, height_px;
  std::int32_t rate_fps;
  std::int32_t qp;
  unsigned long input_physical, input_virtual;
  std::int32_t input_bytes;
  unsigned long output_physical, output_virtual;
  std::uint32_t output_bytes;
  std::int32_t force_key;
  std::int32_t skip_picture;
  std::int32_t auto_skip;
  std::uint32_t flags;       ///< answer: EncodeFlag
  std::int32_t coded_bytes;  ///< answer
  FrameBuffer* input;
  std::array<std::int32_t, 2> reserved;
  void* private_data;
};
static_assert(sizeof(EncodeCall) == 112);
static_assert(offsetof(EncodeCall, input_physical) == 24 &&
              offsetof(EncodeCall, input_bytes) == 40 &&
              offsetof(EncodeCall, output_physical) == 48 &&
              offsetof(EncodeCall, force_key) == 68 && offsetof(EncodeCall, flags) == 80 &&
              offsetof(EncodeCall, input) == 88 && offsetof(EncodeCall, private_data) == 104);

using Handle = void*;

}  // namespace vsl::codec::hantro::abi
