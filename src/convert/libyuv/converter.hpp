// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "videostream/frame_info.hpp"
#include "videostream/result.hpp"

namespace vsl::convert {

/// A picture in memory that is somebody else's: valid while that memory is.
template <class Byte>
struct BasicPicture {
  Fourcc fourcc;
  std::uint32_t width_px = 0, height_px = 0;
  std::array<Byte*, kMaxPlanes> planes{};
  std::array<int, kMaxPlanes> strides_bytes{};
};
using Picture = BasicPicture<const std::uint8_t>;
using MutablePicture = BasicPicture<std::uint8_t>;

/// The picture that `plane(i)` — a callable that gives the bytes of plane i — holds in `layout`.
template <class Byte, class PlaneOf>
BasicPicture<Byte> picture_of(const Layout& layout, PlaneOf plane) {
  BasicPicture<Byte> picture{layout.fourcc, layout.width_px, layout.height_px, {}, {}};
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    picture.planes[i] = reinterpret_cast<Byte*>(plane(i).data());
    picture.strides_bytes[i] = static_cast<int>(layout.planes[i].stride_bytes);
  }
  return picture;
}

/// Changes format and size on the CPU. Keeps its scratch memory, so that a stream of equal pictures
/// allocates once. Thread-confined.
class Converter {
 public:
  /// Fills `to` from `from`, scaled when the sizes differ; 8 bits, BT.601 limited range between YUV
  /// and RGB. Errors: not_supported (a format libyuv has no way to or from), invalid_argument.
  Result<void> convert(const Picture& from, const MutablePicture& to);
  /// `from` may also be P010. The same into tight R,G,B bytes; `rgb` holds width × height × 3.
  Result<void> to_rgb24(const Picture& from, std::span<std::uint8_t> rgb);
  static bool supports(Fourcc fourcc);

 private:
  MutablePicture scratch_i420(std::vector<std::uint8_t>& memory, std::uint32_t width_px,
                              std::uint32_t height_px);

  std::vector<std::uint8_t> source_, scaled_, chroma_;
};

}  // namespace vsl::convert
