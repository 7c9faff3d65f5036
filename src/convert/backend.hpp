// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "media/components.hpp"
#include "videostream/buffer.hpp"
#include "videostream/frame_info.hpp"
#include "videostream/result.hpp"

namespace vsl::convert {

enum class Matrix : std::uint8_t { bt601, bt709, bt2020 };

/// How luma and chroma stand for colours. RGB and Bayer are always full range.
struct ColorSpace {
  Matrix matrix = Matrix::bt601;
  bool full = false;  ///< range: 0 … 255 instead of 16 … 235 and 16 … 240
  friend bool operator==(const ColorSpace&, const ColorSpace&) = default;
};

/// A picture in memory that is somebody else's, checked: every byte its description leads to is
/// there.
template <class Byte>
struct RawPicture {
  const Components* components = nullptr;
  int width_px = 0, height_px = 0;
  ColorSpace space;
  std::array<Byte*, kMaxPlanes> planes{};
  std::array<int, kMaxPlanes> strides_bytes{};
  std::array<const Buffer*, kMaxPlanes> memory{};         ///< of each plane; null = not known
  std::array<std::uint64_t, kMaxPlanes> offsets_bytes{};  ///< of each plane in its memory
  bool cpu_access = true;  ///< CPU access to the memory has been begun by who holds it
};
using Source = RawPicture<const std::uint8_t>;
using Target = RawPicture<std::uint8_t>;

/// One conversion, ready to be done: `crop` of `from`, never empty and never outside, fills `to`.
struct Job {
  Source from;
  Rect crop;
  Target to;
};

/// Something that converts. Thread-confined; keeps what it needs from one job to the next.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const noexcept = 0;
  /// Errors: not_supported: this backend has no way to do this job; nothing was written. Else what
  /// went wrong.
  virtual Result<void> convert(const Job& job) = 0;
};

/// The 2D engine of NXP's boards. Begins and ends CPU access itself.
/// Errors: no_such_file_or_directory (its library is not installed); not_supported (is unknown).
Result<std::unique_ptr<Backend>> make_g2d_backend();
/// What that library and engine are, in words. Also: no_such_device.
Result<std::string> describe_g2d();

}  // namespace vsl::convert
