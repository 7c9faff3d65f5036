// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "videostream/frame.hpp"
#include "videostream/frame_info.hpp"

namespace vsl {

/// A picture in memory that is somebody else's. Of `layout` the offsets and buffers do not matter:
/// `planes` are the bytes of each plane.
template <class Byte>
struct BasicPicture {
  Layout layout;
  Colorimetry color;
  Rect visible;  ///< width 0 = all
  std::array<std::span<Byte>, kMaxPlanes> planes{};
};
using Picture = BasicPicture<const std::byte>;
using MutablePicture = BasicPicture<std::byte>;

/// The picture of a Frame or a Lease, which must outlive it. Of one that cannot be mapped the
/// planes are empty.
template <class Holder>
Picture picture_of(Holder& holder) {
  const FrameInfo& info = holder.info();
  Picture picture{info.layout, info.color, info.crop, {}};
  for (std::size_t i = 0; i < picture.planes.size(); ++i) picture.planes[i] = holder.plane(i);
  return picture;
}

/// Changes pixel format, size and colour between all uncompressed formats. docs/convert.md
/// Keeps its working memory, so a stream of equal pictures allocates once.
/// Threads: thread-confined.
class VSL_EXPORT Converter {
 public:
  /// Errors: no_such_file_or_directory (this installation has no conversion module; says what
  ///         provides it); not_supported (it has one of another release).
  static Result<Converter> create();
  Converter(Converter&&) noexcept;
  Converter& operator=(Converter&&) noexcept;
  ~Converter();

  /// Fills all of `to` with the rectangle `crop` of `from`, scaled. No crop (width 0): what is
  /// visible of `from`. Opacity is kept where both have it, else opaque.
  /// Returns the colour of `to`. What `to.color` leaves unspecified is that of `from`; what that
  /// leaves open is BT.601, limited range for YUV and full range for RGB, grey and Bayer. Primaries
  /// and transfer are not converted.
  /// Errors: invalid_argument (rectangle outside, no memory or too little, `to` overlaps `from`,
  ///         more than 2 GiB in a plane); not_supported (says which pair of formats, or a matrix
  ///         other than BT.601, 709 and 2020).
  Result<Colorimetry> convert(const Picture& from, const MutablePicture& to, const Rect& crop = {});
  /// The same into a frame, whose colour becomes what is returned. Also: permission_denied (`to`
  /// cannot be written), errors of mapping.
  Result<void> convert(const Picture& from, Frame& to, const Rect& crop = {});
  /// Also invalid_argument: `from` is `to`, or has the same memory at another address.
  Result<void> convert(Frame& from, Frame& to, const Rect& crop = {});

  /// Whether pictures of this format can be converted, to and from: all the library can lay out.
  static bool supports(Fourcc fourcc) noexcept;

  struct Impl;
  explicit Converter(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl
