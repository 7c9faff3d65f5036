// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "videostream/frame.hpp"
#include "videostream/frame_info.hpp"

namespace vsl {

/// A picture in memory that is somebody else's. Of `layout` the buffers do not matter: `planes` are
/// the bytes of each plane. Where `memory` is known too, an engine can do the work that reaches it
/// by itself.
template <class Byte>
struct BasicPicture {
  Layout layout;
  Colorimetry color;
  Rect visible;  ///< width 0 = all
  std::array<std::span<Byte>, kMaxPlanes> planes{};
  /// What each plane lies in, at the offset in `layout`; null = not known.
  std::array<const Buffer*, kMaxPlanes> memory{};
  /// Whether CPU access to `memory` has begun. If not, the converter begins and ends it as needed.
  bool cpu_access = true;
};
using Picture = BasicPicture<const std::byte>;
using MutablePicture = BasicPicture<std::byte>;

/// The picture of a Frame or a Lease, which must outlive it. Of one that cannot be mapped the
/// planes are empty.
template <class Holder>
Picture picture_of(Holder& holder) {
  const FrameInfo& info = holder.info();
  Picture picture{info.layout, info.color, info.crop, {}};
  for (std::size_t i = 0; i < picture.planes.size(); ++i) {
    picture.planes[i] = holder.plane(i);
    if (!picture.planes[i].empty())
      picture.memory[i] = &*holder.buffer(info.layout.planes[i].buffer);
  }
  return picture;
}

/// Somebody who converts on this machine, or would.
struct ConverterBackend {
  std::string name;              ///< "g2d", "libyuv"
  std::string description;       ///< for people: of what library, with what abilities
  std::optional<Error> missing;  ///< why it does nothing here
};

/// In the order in which they are asked. Loads what it lists.
VSL_EXPORT Result<std::vector<ConverterBackend>> list_converters();

/// Pictures by who converted them.
struct ConverterStats {
  std::uint64_t by_g2d = 0, by_libyuv = 0;
  std::uint64_t g2d_failures = 0;  ///< pictures the engine began and failed at; libyuv did them
};

/// Changes pixel format, size and colour between all uncompressed formats. docs/convert.md
/// What the 2D engine of a board can do it does, libyuv the rest, unless VSL_CONVERT_BACKEND in the
/// environment is "libyuv". Keeps its working memory, so a stream of equal pictures allocates once.
/// Threads: thread-confined.
class VSL_EXPORT Converter {
 public:
  /// Errors: no_such_file_or_directory (this installation has no conversion module, this machine no
  ///         2D engine; says what provides the module); not_supported (it has one of another
  ///         release).
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
  ///         other than BT.601, 709 and 2020); those of create() for what an engine cannot do.
  Result<Colorimetry> convert(const Picture& from, const MutablePicture& to, const Rect& crop = {});
  /// The same into a frame, whose colour becomes what is returned. Also: permission_denied (`to`
  /// cannot be written), errors of mapping.
  Result<void> convert(const Picture& from, Frame& to, const Rect& crop = {});
  /// Also invalid_argument: `from` is `to`, or has the same memory at another address.
  Result<void> convert(Frame& from, Frame& to, const Rect& crop = {});

  /// Whether pictures of this format can be converted, to and from: all the library can lay out.
  static bool supports(Fourcc fourcc) noexcept;

  ConverterStats stats() const noexcept;

  struct Impl;
  explicit Converter(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl
