// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "videostream/fourcc.hpp"
#include "videostream/result.hpp"

namespace vsl {

inline constexpr std::size_t kMaxPlanes = 4;
inline constexpr std::size_t kMaxBlobBytes = 192;
inline constexpr std::size_t kMaxDamageRects = 4;

/// x, y, width, height in pixels; half-open: x + width is the first column outside.
struct Rect {
  std::int32_t x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const Rect&, const Rect&) = default;
};

/// Where one plane of a picture lies.
struct PlaneLayout {
  std::uint64_t offset_bytes = 0;  ///< from the start of its buffer
  std::uint32_t stride_bytes = 0;  ///< from one row to the next
  std::uint32_t buffer = 0;        ///< index into the frame's buffers, 0-based
  friend bool operator==(const PlaneLayout&, const PlaneLayout&) = default;
};

/// How the bytes of a picture are laid out over 1–4 planes in 1–4 buffers.
struct Layout {
  Fourcc fourcc;
  std::uint32_t width_px = 0, height_px = 0;
  std::uint64_t modifier = 0;  ///< DRM format modifier; 0 = linear
  std::uint32_t plane_count = 0, buffer_count = 0;
  std::array<PlaneLayout, kMaxPlanes> planes{};
  std::array<std::uint64_t, kMaxPlanes> buffer_bytes{};  ///< bytes used in each buffer

  friend bool operator==(const Layout&, const Layout&) = default;

  /// The tight layout of an uncompressed format in one buffer: every plane follows the one before,
  /// rows are padded to `stride_align` bytes, chroma of odd sizes is rounded up.
  /// Errors: invalid_argument (zero or absurd size), not_supported (format not in the table).
  VSL_EXPORT static Result<Layout> packed(Fourcc fourcc, std::uint32_t width_px,
                                          std::uint32_t height_px, std::uint32_t stride_align = 1);
  /// A layout of one plane of opaque bytes, for coded data and formats not in the table.
  VSL_EXPORT static Layout opaque(Fourcc fourcc, std::uint32_t width_px, std::uint32_t height_px,
                                  std::uint64_t bytes, std::uint32_t stride_bytes = 0);
  /// Rows of a plane: less than height_px for subsampled chroma. 0 for a plane there is not.
  VSL_EXPORT std::uint32_t plane_rows(std::size_t plane) const;
  /// Bytes of picture in a row of a plane, without padding. 0 for opaque data.
  VSL_EXPORT std::uint32_t plane_row_bytes(std::size_t plane) const;
  /// Bytes from a plane's offset to its end: what a reader may touch.
  VSL_EXPORT std::uint64_t plane_bytes(std::size_t plane) const;
};

/// Code points of ITU-T H.273 (Video usability); 2 = unspecified for the first three.
struct Colorimetry {
  std::uint8_t primaries = 2, transfer = 2, matrix = 2;
  std::uint8_t range = 0;        ///< 0 unspecified, 1 limited, 2 full
  std::uint8_t chroma_site = 0;  ///< 0 unspecified, else H.273 chroma_sample_loc_type + 1
  friend bool operator==(const Colorimetry&, const Colorimetry&) = default;
};

enum class Rotation : std::uint8_t { none = 0, clockwise_90 = 1, half = 2, clockwise_270 = 3 };

/// Times in ns. CLOCK_MONOTONIC unless `clocks` says otherwise; 0 = unknown unless stated.
struct FrameTimes {
  std::int64_t captured_ns = 0;   ///< sensor or driver stamp
  std::int64_t dequeued_ns = 0;   ///< when the source handed it to the producer
  std::int64_t published_ns = 0;  ///< set by the host
  std::int64_t pts_ns = -1, dts_ns = -1, duration_ns = -1;  ///< opaque to the bus; -1 = unknown
  std::int64_t expires_ns = 0;  ///< the host recycles it then at the earliest; 0 = no such time
};

/// Everything that describes one frame, apart from its memory.
struct FrameInfo {
  std::uint64_t serial = 0;  ///< 1, 2, 3 … per host life; 0 = not published
  Layout layout;
  Colorimetry color;
  Rotation rotation = Rotation::none;
  Rect crop;                          ///< visible part; width 0 = all
  bool key_frame = false;             ///< coded data: decoding can start here
  std::uint8_t interlace = 0;         ///< 0 progressive, 1 top first, 2 bottom first
  std::uint8_t fields = 0;            ///< bit 0: the first field is to be repeated; 1: it is alone
  std::uint32_t clocks = 0;           ///< bit 0: captured_ns is CLOCK_REALTIME
  std::uint64_t source_sequence = 0;  ///< the source's own count; gaps are frames it dropped
  FrameTimes times;
  std::uint32_t damage_count = 0;  ///< 0 = everything changed
  std::array<Rect, kMaxDamageRects> damage{};
  std::uint32_t blob_bytes = 0;
};

}  // namespace vsl
