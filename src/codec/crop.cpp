// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/crop.hpp"

#include <cstring>
#include <string>

#include "media/format_table.hpp"

namespace vsl::codec {
namespace {

std::string text_of(const Rect& rect) {
  return std::to_string(rect.width) + "x" + std::to_string(rect.height) + " at " +
         std::to_string(rect.x) + "," + std::to_string(rect.y);
}

Error refuse(const FrameInfo& picture, const Rect& part, const std::string& why) {
  return Error::of(std::errc::invalid_argument, "encode " + text_of(part) + " of a picture of " +
                                                    std::to_string(picture.layout.width_px) + "x" +
                                                    std::to_string(picture.layout.height_px) +
                                                    ": " + why);
}

// Pixels that lie together because they share a group or a row of some plane.
Rect grid_of(const Format& format) {
  Rect grid{0, 0, 1, 1};
  for (std::size_t i = 0; i < format.plane_count; ++i) {
    if (format.planes[i].group_px > grid.width) grid.width = format.planes[i].group_px;
    if (format.planes[i].row_px > grid.height) grid.height = format.planes[i].row_px;
  }
  return grid;
}

bool is_inside(const Rect& part, const Layout& layout) {
  return part.x >= 0 && part.y >= 0 && part.width > 0 && part.height > 0 &&
         std::int64_t{part.x} + part.width <= std::int64_t{layout.width_px} &&
         std::int64_t{part.y} + part.height <= std::int64_t{layout.height_px};
}

}  // namespace

Result<Rect> part_to_encode(const FrameInfo& picture, const Rect& wanted) {
  const Layout& layout = picture.layout;
  const Rect all{0, 0, static_cast<std::int32_t>(layout.width_px),
                 static_cast<std::int32_t>(layout.height_px)};
  const Rect part = wanted.width != 0 ? wanted : picture.crop.width != 0 ? picture.crop : all;
  if (part == all) return part;
  if (!is_inside(part, layout)) return refuse(picture, part, "it is not inside");
  const Format* format = row_format(layout);
  if (format == nullptr) {
    return Error::of(
        std::errc::not_supported,
        "encode a part of a picture in " + layout.fourcc.to_string() + ", whose rows are unknown");
  }
  const Rect grid = grid_of(*format);
  if (part.x % grid.width != 0 || part.y % grid.height != 0) {
    return refuse(picture, part,
                  "with " + layout.fourcc.to_string() + " it has to begin at a multiple of " +
                      std::to_string(grid.width) + "," + std::to_string(grid.height));
  }
  return part;
}

std::uint64_t plane_offset_of(const Layout& layout, std::size_t plane, const Rect& part) {
  const Format* format = row_format(layout);
  if (format == nullptr) return 0;
  const PlaneFormat& rows = format->planes[plane];
  const auto x = static_cast<std::uint64_t>(part.x), y = static_cast<std::uint64_t>(part.y);
  return y / rows.row_px * layout.planes[plane].stride_bytes + x / rows.group_px * rows.group_bytes;
}

Result<void> copy_part(RawPicture& picture, const Rect& part, const Layout& to,
                       std::span<const std::span<std::byte>> memory) {
  const Layout& from = picture.info().layout;
  const Format* format = row_format(from);
  for (std::size_t i = 0; format != nullptr && i < format->plane_count; ++i) {
    const auto source = picture.plane(i);
    if (source.empty()) {
      return Error::of(std::errc::bad_address,
                       "encode a picture whose plane " + std::to_string(i) + " cannot be mapped");
    }
    const std::byte* in = source.data() + plane_offset_of(from, i, part);
    std::byte* out = memory[to.planes[i].buffer].data() + to.planes[i].offset_bytes;
    const std::size_t bytes = format->planes[i].row_bytes(static_cast<std::uint32_t>(part.width));
    const std::uint32_t rows = format->planes[i].rows(static_cast<std::uint32_t>(part.height));
    for (std::uint32_t row = 0; row < rows; ++row) {
      std::memcpy(out + std::size_t{row} * to.planes[i].stride_bytes,
                  in + std::size_t{row} * from.planes[i].stride_bytes, bytes);
    }
  }
  return {};
}

}  // namespace vsl::codec
