// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/plan.hpp"

#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "media/format_table.hpp"

namespace vsl::convert {
namespace {

std::string describe(const Layout& layout) {
  return std::to_string(layout.width_px) + "x" + std::to_string(layout.height_px) + " " +
         layout.fourcc.to_string();
}

std::string describe(const Rect& rect) {
  return std::to_string(rect.width) + "x" + std::to_string(rect.height) + " at " +
         std::to_string(rect.x) + "," + std::to_string(rect.y);
}

// What one side of a conversion has to say.
struct Refusal {
  const Layout &from, &to;
  Error invalid(const std::string& why) const {
    return Error::of(std::errc::invalid_argument, attempt(from, to) + " (" + why + ")");
  }
  Error unsupported(const std::string& why) const {
    return Error::of(std::errc::not_supported, attempt(from, to) + " (" + why + ")");
  }
};

Result<const Components*> components_of(const Layout& layout, const Refusal& refuse) {
  const Components* components = find_components(layout.fourcc);
  if (components == nullptr) {
    return refuse.unsupported(layout.fourcc.to_string() +
                              " is not an uncompressed format that can be converted");
  }
  if (row_format(layout) == nullptr) {
    return refuse.unsupported("the rows of the " + describe(layout) +
                              " picture do not lie one after the other");
  }
  return components;
}

template <class Byte>
Result<void> check_plane(const vsl::BasicPicture<Byte>& picture, std::size_t index,
                         const Refusal& refuse) {
  const Layout& layout = picture.layout;
  const std::uint64_t row_bytes = layout.plane_row_bytes(index), rows = layout.plane_rows(index);
  const std::uint64_t stride = layout.planes[index].stride_bytes;
  const auto name = [&] { return "plane " + std::to_string(index) + " of " + describe(layout); };
  if (stride < row_bytes) {
    return refuse.invalid(name() + " has rows of " + std::to_string(row_bytes) +
                          " bytes and a stride of " + std::to_string(stride));
  }
  if (stride * rows > std::uint64_t{std::numeric_limits<int>::max()}) {
    return refuse.invalid(name() + " has more than 2 GiB");
  }
  const std::uint64_t needed = (rows - 1) * stride + row_bytes;
  if (picture.planes[index].size() < needed) {
    return refuse.invalid(name() + " takes " + std::to_string(needed) + " bytes, there are " +
                          std::to_string(picture.planes[index].size()));
  }
  const Buffer* const memory = picture.memory[index];
  const std::uint64_t offset = layout.planes[index].offset_bytes;
  if (memory != nullptr &&
      (offset > memory->size_bytes() || needed > memory->size_bytes() - offset)) {
    return refuse.invalid(name() + " does not lie in its memory");
  }
  return {};
}

// The picture as the backends take it, once every byte of it is known to be there.
template <class Byte, class Raw>
Result<RawPicture<Raw>> checked(const vsl::BasicPicture<Byte>& picture, const Refusal& refuse) {
  const Layout& layout = picture.layout;
  RawPicture<Raw> result;
  VSL_TRY(result.components, components_of(layout, refuse));
  const auto sane = [](std::uint32_t px) { return px > 0 && px <= kMaxSidePx; };
  if (!sane(layout.width_px) || !sane(layout.height_px)) {
    return refuse.invalid("sides are 1 to 65536 pixels");
  }
  const Format& format = *find_format(layout.fourcc);
  if (layout.plane_count != format.plane_count) {
    return refuse.invalid(describe(layout) + " has " + std::to_string(layout.plane_count) +
                          " planes, the format " + std::to_string(format.plane_count));
  }
  result.width_px = static_cast<int>(layout.width_px);
  result.height_px = static_cast<int>(layout.height_px);
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    VSL_CHECK(check_plane(picture, i, refuse));
    result.planes[i] = reinterpret_cast<Raw*>(picture.planes[i].data());
    result.strides_bytes[i] = static_cast<int>(layout.planes[i].stride_bytes);
    result.memory[i] = picture.memory[i];
    result.offsets_bytes[i] = layout.planes[i].offset_bytes;
  }
  result.cpu_access = picture.cpu_access;
  return result;
}

Result<Rect> checked_crop(const vsl::Picture& from, Rect crop, const Refusal& refuse) {
  const auto width = std::int64_t{from.layout.width_px};
  const auto height = std::int64_t{from.layout.height_px};
  if (crop == Rect{}) crop = from.visible;
  if (crop == Rect{}) {
    return Rect{0, 0, static_cast<int>(width), static_cast<int>(height)};
  }
  const bool inside = crop.x >= 0 && crop.y >= 0 && crop.width > 0 && crop.height > 0 &&
                      std::int64_t{crop.x} + crop.width <= width &&
                      std::int64_t{crop.y} + crop.height <= height;
  if (inside) return crop;
  return refuse.invalid("the rectangle " + describe(crop) + " is not inside the picture");
}

bool overlaps(std::span<const std::byte> a, std::span<const std::byte> b) {
  const std::less<const std::byte*> before;
  return before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

// The same bytes may be mapped twice, at addresses that tell nothing.
bool share_bytes(const vsl::Picture& a, std::size_t plane_of_a, const MutablePicture& b,
                 std::size_t plane_of_b) {
  const Buffer *const memory = a.memory[plane_of_a], *const other = b.memory[plane_of_b];
  if (memory == nullptr || other == nullptr) return false;
  const std::uint64_t x = a.layout.planes[plane_of_a].offset_bytes;
  const std::uint64_t y = b.layout.planes[plane_of_b].offset_bytes;
  return memory->device() == other->device() && memory->inode() == other->inode() &&
         x < y + b.layout.plane_bytes(plane_of_b) && y < x + a.layout.plane_bytes(plane_of_a);
}

Result<void> check_apart(const vsl::Picture& from, const MutablePicture& to,
                         const Refusal& refuse) {
  for (std::size_t i = 0; i < from.layout.plane_count; ++i) {
    for (std::size_t j = 0; j < to.layout.plane_count; ++j) {
      if (overlaps(from.planes[i], to.planes[j]) || share_bytes(from, i, to, j)) {
        return refuse.invalid("the target lies in the memory of the source");
      }
    }
  }
  return {};
}

// Code points of H.273. RGB has no matrix: what it says is not asked.
constexpr std::uint8_t kIdentity = 0, kBt709 = 1, kUnspecified = 2, kBt470bg = 5, kBt601 = 6,
                       kBt2020 = 9;
constexpr std::uint8_t kLimited = 1, kFull = 2;

std::optional<Matrix> matrix_of(std::uint8_t code) {
  switch (code) {
    case kBt709:
      return Matrix::bt709;
    case kUnspecified:
    case kBt470bg:
    case kBt601:
      return Matrix::bt601;
    case kBt2020:
      return Matrix::bt2020;
    default:
      return std::nullopt;
  }
}

bool has_matrix(const Components& components) { return components.model == ColorModel::yuv; }
bool has_range(const Components& components) {
  return components.model == ColorModel::yuv || components.model == ColorModel::grey;
}

std::uint8_t usual_range(const Components& components) {
  return has_matrix(components) ? kLimited : kFull;
}

Result<ColorSpace> space_of(const Components& components, const Colorimetry& color,
                            const Layout& layout, const Refusal& refuse) {
  const auto matrix = has_matrix(components) ? matrix_of(color.matrix) : Matrix::bt601;
  if (!matrix) {
    return refuse.unsupported("matrix " + std::to_string(color.matrix) + " of the " +
                              layout.fourcc.to_string() +
                              " picture; BT.601, BT.709 and BT.2020 can be");
  }
  if (color.range > kFull) {
    return refuse.invalid("range " + std::to_string(color.range) + " is none");
  }
  const std::uint8_t range = color.range != 0 ? color.range : usual_range(components);
  return ColorSpace{*matrix, has_range(components) && range == kFull};
}

// A driver or program that says RGB of luma and chroma has said nothing.
Colorimetry without_identity(Colorimetry color) {
  if (color.matrix == kIdentity) color.matrix = kUnspecified;
  return color;
}

// What the target has when it leaves something open.
Colorimetry filled_in(const Components& from, Colorimetry source, const Components& to,
                      Colorimetry target) {
  if (target.primaries == kUnspecified) target.primaries = source.primaries;
  if (target.transfer == kUnspecified) target.transfer = source.transfer;
  if (!has_range(to)) {
    target.matrix = to.model == ColorModel::rgb ? kIdentity : kUnspecified;
    target.range = kFull;
    return target;
  }
  // A plane of grey has the luma of whatever matrix.
  if (target.matrix == kUnspecified && has_matrix(from)) target.matrix = source.matrix;
  if (target.matrix == kUnspecified && has_matrix(to) && from.model != ColorModel::grey) {
    target.matrix = kBt601;
  }
  if (target.range == 0) target.range = from.model == to.model ? source.range : 0;
  if (target.range == 0) target.range = usual_range(to);
  return target;
}

}  // namespace

std::string attempt(const Layout& from, const Layout& to) {
  return "convert " + describe(from) + " to " + describe(to);
}

Result<Plan> plan(const vsl::Picture& from, const MutablePicture& to, const Rect& crop) {
  const Refusal refuse{from.layout, to.layout};
  Plan plan;
  Job& job = plan.job;
  VSL_TRY(job.from, checked<const std::byte, const std::uint8_t>(from, refuse));
  VSL_TRY(job.to, checked<std::byte, std::uint8_t>(to, refuse));
  VSL_TRY(job.crop, checked_crop(from, crop, refuse));
  VSL_CHECK(check_apart(from, to, refuse));
  const Colorimetry color = without_identity(from.color);
  plan.color =
      filled_in(*job.from.components, color, *job.to.components, without_identity(to.color));
  VSL_TRY(job.from.space, space_of(*job.from.components, color, from.layout, refuse));
  VSL_TRY(job.to.space, space_of(*job.to.components, plan.color, to.layout, refuse));
  return plan;
}

}  // namespace vsl::convert
