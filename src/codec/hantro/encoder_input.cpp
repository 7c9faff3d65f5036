// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/encoder_input.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "codec/crop.hpp"
#include "frame/physical_address.hpp"
#include "media/format_table.hpp"

namespace vsl::codec::hantro {
namespace {

/// What the device reaches.
constexpr std::uint64_t kMostAddress = std::uint64_t{1} << 32;
constexpr std::uint64_t kAddressAlignment = 16;

struct Input {
  Fourcc format;
  abi::ColorFormat color;
  std::uint32_t stride_alignment;  ///< of the first plane, so that all have 16 bytes
};
constexpr Input kInputs[] = {{fourcc("NV12"), abi::k420, 16},
                             {fourcc("I420"), abi::k420, 32},
                             {fourcc("YUYV"), abi::k422Yuyv, 32},
                             {fourcc("YUY2"), abi::k422Yuyv, 32},
                             {fourcc("UYVY"), abi::k422Uyvy, 32}};

Error unfit(const EncoderSetup& setup, const std::string& there_is) {
  return Error::of(std::errc::not_supported, "encode " + std::to_string(setup.width_px) + "x" +
                                                 std::to_string(setup.height_px) + " " +
                                                 setup.picture.layout.fourcc.to_string() +
                                                 " with Hantro, which takes " + there_is);
}

Result<Input> input_for(const EncoderSetup& setup) {
  std::string names;
  for (const Input& input : kInputs) {
    if (input.format == setup.picture.layout.fourcc) return input;
    names += (names.empty() ? "" : " ") + input.format.to_string();
  }
  return unfit(setup, names);
}

/// Planes of `rows` one behind the other, chroma rows half as long if it has planes of its own.
Layout dense(const Format& format, std::uint32_t width_px, std::uint32_t rows,
             std::uint32_t stride_bytes) {
  Layout layout{.fourcc = format.fourcc,
                .width_px = width_px,
                .height_px = rows,
                .plane_count = format.plane_count,
                .buffer_count = 1};
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < format.plane_count; ++i) {
    const std::uint32_t stride = i > 0 && format.plane_count == 3 ? stride_bytes / 2 : stride_bytes;
    layout.planes[i] = {end, stride, 0};
    end += std::uint64_t{stride} * format.planes[i].rows(rows);
  }
  layout.buffer_bytes[0] = end;
  return layout;
}

/// Whether planes lie to each other as they do in `shape`, wherever the first one is.
bool lies_as(const Layout& layout, const Layout& shape) {
  if (layout.buffer_count != 1 || layout.modifier != 0) return false;
  for (std::size_t i = 0; i < shape.plane_count; ++i) {
    const PlaneLayout &plane = layout.planes[i], &wanted = shape.planes[i];
    if (plane.stride_bytes != wanted.stride_bytes) return false;
    if (plane.offset_bytes - layout.planes[0].offset_bytes != wanted.offset_bytes) return false;
  }
  return true;
}

/// Rows between the beginnings of the first two planes; of one plane, those of the picture.
std::uint32_t memory_rows(const Layout& layout) {
  const PlaneLayout &first = layout.planes[0], &second = layout.planes[1];
  if (layout.plane_count < 2 || first.stride_bytes == 0) return layout.height_px;
  const std::uint64_t rows = (second.offset_bytes - first.offset_bytes) / first.stride_bytes;
  return rows >= layout.height_px && rows < kMaxSidePx ? static_cast<std::uint32_t>(rows)
                                                       : layout.height_px;
}

}  // namespace

Result<InputShape> shape_for(const EncoderSetup& setup) {
  VSL_TRY(const Input input, input_for(setup));
  if (setup.width_px % 2 != 0 || setup.height_px % 2 != 0) return unfit(setup, "even sizes");
  const Layout& picture = setup.picture.layout;
  const Format& format = *find_format(input.format);
  const std::uint32_t bytes_per_px = input.color == abi::k420 ? 1 : 2;
  InputShape shape{.color = input.color, .pairs = format.plane_count == 2};
  const auto set = [&](std::uint32_t stride_bytes, std::uint32_t rows) {
    shape.width_px = stride_bytes / bytes_per_px;
    shape.height_px = rows;
    shape.layout = dense(format, shape.width_px, rows, stride_bytes);
  };
  const std::uint32_t own_stride = picture.planes[0].stride_bytes;
  if (own_stride % input.stride_alignment == 0 && own_stride < bytes_per_px * kMaxSidePx &&
      picture.width_px == setup.width_px && picture.height_px == setup.height_px) {
    set(own_stride, memory_rows(picture));
    if (lies_as(picture, shape.layout)) return shape;
  }
  const std::uint64_t row_bytes = std::uint64_t{setup.width_px} * bytes_per_px;
  set(static_cast<std::uint32_t>(align_up(row_bytes, input.stride_alignment)), setup.height_px);
  return shape;
}

Result<void> EncoderInput::describe(RawPicture& picture, const Rect& part,
                                    const std::shared_ptr<const Loaded>& loaded,
                                    abi::EncodeCall& call) {
  if (const std::uint64_t address = address_of(picture, part)) {
    describe(address, picture.buffer_fd(0), call);
    return {};
  }
  VSL_CHECK(copy(picture, part, loaded));
  describe(reinterpret_cast<std::uintptr_t>(copy_->physical()), copy_->fd(), call);
  call.input_virtual = reinterpret_cast<std::uintptr_t>(copy_->data());
  return {};
}

// 0 for a picture that has to be copied. Chroma is found from luma by some and by its own address
// by others, so only what begins in the first row, where both agree.
std::uint64_t EncoderInput::address_of(RawPicture& picture, const Rect& part) const {
  const Layout& layout = picture.info().layout;
  if (!lies_as(layout, shape_.layout) || part.x != 0 || part.y != 0) return 0;
  const auto begin = physical_address_of(picture.buffer_fd(0));
  if (!begin || *begin == 0) return 0;
  const std::uint64_t address = *begin + layout.planes[0].offset_bytes;
  const std::uint64_t end = address + shape_.layout.buffer_bytes[0];
  const bool inside =
      layout.planes[0].offset_bytes + shape_.layout.buffer_bytes[0] <= layout.buffer_bytes[0];
  return inside && address % kAddressAlignment == 0 && end <= kMostAddress ? address : 0;
}

Result<void> EncoderInput::copy(RawPicture& picture, const Rect& part,
                                const std::shared_ptr<const Loaded>& loaded) {
  if (copy_ == nullptr) {
    VSL_TRY(copy_, DeviceMemory::allocate(loaded, shape_.layout.buffer_bytes[0]));
  }
  VSL_CHECK(copy_->begin_access(Access::read_write));
  const std::span<std::byte> memory[] = {{copy_->data(), copy_->size_bytes()}};
  const Result<void> copied = copy_part(picture, part, shape_.layout, memory);
  VSL_CHECK(copy_->end_access(Access::read_write));
  copies_ += copied ? 1 : 0;
  return copied;
}

void EncoderInput::describe(std::uint64_t address, int fd, abi::EncodeCall& call) {
  const Layout& layout = shape_.layout;
  const auto at = [&](std::size_t plane, std::uint64_t offset) {
    return reinterpret_cast<std::byte*>(address + layout.planes[plane].offset_bytes + offset);
  };
  frame_ = {};
  frame_.luma_stride_bytes = layout.planes[0].stride_bytes;
  frame_.chroma_stride_bytes = layout.planes[1].stride_bytes;
  frame_.luma = at(0, 0);
  if (layout.plane_count > 1) {
    frame_.cb = at(1, 0);
    frame_.cr = shape_.pairs ? at(1, 1) : at(2, 0);
  }
  frame_.fd = fd;
  call.input_physical = address;
  call.input_bytes = static_cast<std::int32_t>(layout.buffer_bytes[0]);
  call.input = &frame_;
}

}  // namespace vsl::codec::hantro
