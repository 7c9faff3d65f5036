// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv/converter.hpp"

#include <libyuv.h>

#include <string>
#include <utility>

namespace vsl::convert {
namespace {

// libyuv names RGB formats by the word they form on a little-endian machine: its ARGB is our BGRA.
using ToI420 = int (*)(const uint8_t*, int, uint8_t*, int, uint8_t*, int, uint8_t*, int, int, int);
using FromI420 = int (*)(const uint8_t*, int, const uint8_t*, int, const uint8_t*, int, uint8_t*,
                         int, int, int);

struct PackedFormat {
  Fourcc fourcc;
  ToI420 to_i420;
  FromI420 from_i420;
  bool swapped;  // Cr before Cb
};

constexpr PackedFormat kPacked[] = {
    {fourcc("YUYV"), libyuv::YUY2ToI420, libyuv::I420ToYUY2, false},
    {fourcc("YUY2"), libyuv::YUY2ToI420, libyuv::I420ToYUY2, false},
    {fourcc("YVYU"), libyuv::YUY2ToI420, libyuv::I420ToYUY2, true},
    {fourcc("UYVY"), libyuv::UYVYToI420, libyuv::I420ToUYVY, false},
    {fourcc("VYUY"), libyuv::UYVYToI420, libyuv::I420ToUYVY, true},
    {fourcc("RGBA"), libyuv::ABGRToI420, libyuv::I420ToABGR, false},
    {fourcc("RGBX"), libyuv::ABGRToI420, libyuv::I420ToABGR, false},
    {fourcc("BGRA"), libyuv::ARGBToI420, libyuv::I420ToARGB, false},
    {fourcc("BGRX"), libyuv::ARGBToI420, libyuv::I420ToARGB, false},
    {fourcc("ARGB"), libyuv::BGRAToI420, libyuv::I420ToBGRA, false},
    {fourcc("ABGR"), libyuv::RGBAToI420, libyuv::I420ToRGBA, false},
    {fourcc("RGB3"), libyuv::RAWToI420, libyuv::I420ToRAW, false},
    {fourcc("BGR3"), libyuv::RGB24ToI420, libyuv::I420ToRGB24, false},
    {fourcc("RGBP"), libyuv::RGB565ToI420, libyuv::I420ToRGB565, false},
    // GStreamer's letters
    {fourcc("RGBx"), libyuv::ABGRToI420, libyuv::I420ToABGR, false},
    {fourcc("BGRx"), libyuv::ARGBToI420, libyuv::I420ToARGB, false},
    {fourcc("xRGB"), libyuv::BGRAToI420, libyuv::I420ToBGRA, false},
    {fourcc("xBGR"), libyuv::RGBAToI420, libyuv::I420ToRGBA, false},
    // DRM's letters: of a little-endian word
    {fourcc("AR24"), libyuv::ARGBToI420, libyuv::I420ToARGB, false},
    {fourcc("XR24"), libyuv::ARGBToI420, libyuv::I420ToARGB, false},
    {fourcc("AB24"), libyuv::ABGRToI420, libyuv::I420ToABGR, false},
    {fourcc("XB24"), libyuv::ABGRToI420, libyuv::I420ToABGR, false},
    {fourcc("RX24"), libyuv::RGBAToI420, libyuv::I420ToRGBA, false},
    {fourcc("RA24"), libyuv::RGBAToI420, libyuv::I420ToRGBA, false},
    {fourcc("BX24"), libyuv::BGRAToI420, libyuv::I420ToBGRA, false},
    {fourcc("BA24"), libyuv::BGRAToI420, libyuv::I420ToBGRA, false},
    {fourcc("RG16"), libyuv::RGB565ToI420, libyuv::I420ToRGB565, false},
    {fourcc("RG24"), libyuv::RGB24ToI420, libyuv::I420ToRGB24, false},
    {fourcc("BG24"), libyuv::RAWToI420, libyuv::I420ToRAW, false},
};

const PackedFormat* packed_format(Fourcc fourcc) {
  for (const PackedFormat& format : kPacked) {
    if (format.fourcc == fourcc) return &format;
  }
  return nullptr;
}

// Formats of a luma plane and chroma planes: how far chroma is subsampled and how it is stored.
struct PlanarFormat {
  Fourcc fourcc;
  int shift_x, shift_y;
  enum class Chroma { none, planar, interleaved } chroma;
  bool swapped;
};

constexpr PlanarFormat kPlanar[] = {
    {fourcc("I420"), 1, 1, PlanarFormat::Chroma::planar, false},
    {fourcc("YU12"), 1, 1, PlanarFormat::Chroma::planar, false},
    {fourcc("YV12"), 1, 1, PlanarFormat::Chroma::planar, true},
    {fourcc("Y42B"), 1, 0, PlanarFormat::Chroma::planar, false},
    {fourcc("422P"), 1, 0, PlanarFormat::Chroma::planar, false},
    {fourcc("YU16"), 1, 0, PlanarFormat::Chroma::planar, false},
    {fourcc("YV16"), 1, 0, PlanarFormat::Chroma::planar, true},
    {fourcc("YU24"), 0, 0, PlanarFormat::Chroma::planar, false},
    {fourcc("NV12"), 1, 1, PlanarFormat::Chroma::interleaved, false},
    {fourcc("NV21"), 1, 1, PlanarFormat::Chroma::interleaved, true},
    {fourcc("NV16"), 1, 0, PlanarFormat::Chroma::interleaved, false},
    {fourcc("NV61"), 1, 0, PlanarFormat::Chroma::interleaved, true},
    {fourcc("NV24"), 0, 0, PlanarFormat::Chroma::interleaved, false},
    {fourcc("NV42"), 0, 0, PlanarFormat::Chroma::interleaved, true},
    {fourcc("GREY"), 0, 0, PlanarFormat::Chroma::none, false},
    {fourcc("Y800"), 0, 0, PlanarFormat::Chroma::none, false},
};

const PlanarFormat* planar_format(Fourcc fourcc) {
  for (const PlanarFormat& format : kPlanar) {
    if (format.fourcc == fourcc) return &format;
  }
  return nullptr;
}

constexpr Fourcc kP010 = fourcc("P010");  // read only: 10 bits at the top of 16, as NV12

struct Size {
  int width, height;
};

template <class Byte>
Size size_of(const BasicPicture<Byte>& picture) {
  return {static_cast<int>(picture.width_px), static_cast<int>(picture.height_px)};
}

Size chroma_size(const PlanarFormat& format, Size luma) {
  return {(luma.width + (1 << format.shift_x) - 1) >> format.shift_x,
          (luma.height + (1 << format.shift_y) - 1) >> format.shift_y};
}

Picture read_only(const MutablePicture& picture) {
  Picture result{picture.fourcc, picture.width_px, picture.height_px, {}, picture.strides_bytes};
  for (std::size_t i = 0; i < kMaxPlanes; ++i) result.planes[i] = picture.planes[i];
  return result;
}

template <class Byte>
BasicPicture<Byte> with_chroma_swapped(BasicPicture<Byte> picture, bool swapped) {
  if (swapped) std::swap(picture.planes[1], picture.planes[2]);
  if (swapped) std::swap(picture.strides_bytes[1], picture.strides_bytes[2]);
  return picture;
}

Error no_way(Fourcc fourcc) {
  std::string known(kP010.to_string());
  for (const PlanarFormat& format : kPlanar) known += ", " + format.fourcc.to_string();
  for (const PackedFormat& format : kPacked) known += ", " + format.fourcc.to_string();
  return Error::of(std::errc::not_supported, "pixel format " + fourcc.to_string() +
                                                 " cannot be converted (these can: " + known + ")");
}

// A chroma plane from one subsampling to another; a copy when they are the same.
void scale_chroma(const uint8_t* from, int from_stride, Size from_size, uint8_t* to, int to_stride,
                  Size to_size) {
  libyuv::ScalePlane(from, from_stride, from_size.width, from_size.height, to, to_stride,
                     to_size.width, to_size.height, libyuv::kFilterBox);
}

void planar_to_i420(const PlanarFormat& format, const Picture& from, const MutablePicture& i420,
                    std::vector<std::uint8_t>& scratch) {
  const Size size = size_of(from);
  const Size half = chroma_size(kPlanar[0], size);
  libyuv::CopyPlane(from.planes[0], from.strides_bytes[0], i420.planes[0], i420.strides_bytes[0],
                    size.width, size.height);
  const MutablePicture to = with_chroma_swapped(i420, format.swapped);
  if (format.chroma == PlanarFormat::Chroma::none) {
    for (const int i : {1, 2}) {
      libyuv::SetPlane(to.planes[i], to.strides_bytes[i], half.width, half.height, 128);
    }
    return;
  }
  const Size own = chroma_size(format, size);
  if (format.chroma == PlanarFormat::Chroma::planar) {
    for (const int i : {1, 2}) {
      scale_chroma(from.planes[i], from.strides_bytes[i], own, to.planes[i], to.strides_bytes[i],
                   half);
    }
    return;
  }
  if (own.height == half.height && own.width == half.width) {
    libyuv::SplitUVPlane(from.planes[1], from.strides_bytes[1], to.planes[1], to.strides_bytes[1],
                         to.planes[2], to.strides_bytes[2], half.width, half.height);
    return;
  }
  const std::size_t plane_bytes = static_cast<std::size_t>(own.width) * own.height;
  scratch.resize(2 * plane_bytes);
  uint8_t* const planes[] = {scratch.data(), scratch.data() + plane_bytes};
  libyuv::SplitUVPlane(from.planes[1], from.strides_bytes[1], planes[0], own.width, planes[1],
                       own.width, own.width, own.height);
  for (const int i : {0, 1}) {
    scale_chroma(planes[i], own.width, own, to.planes[i + 1], to.strides_bytes[i + 1], half);
  }
}

void i420_to_planar(const PlanarFormat& format, const Picture& i420, const MutablePicture& to,
                    std::vector<std::uint8_t>& scratch) {
  const Size size = size_of(i420);
  const Size half = chroma_size(kPlanar[0], size);
  libyuv::CopyPlane(i420.planes[0], i420.strides_bytes[0], to.planes[0], to.strides_bytes[0],
                    size.width, size.height);
  const Picture from = with_chroma_swapped(i420, format.swapped);
  if (format.chroma == PlanarFormat::Chroma::none) return;
  const Size own = chroma_size(format, size);
  if (format.chroma == PlanarFormat::Chroma::planar) {
    for (const int i : {1, 2}) {
      scale_chroma(from.planes[i], from.strides_bytes[i], half, to.planes[i], to.strides_bytes[i],
                   own);
    }
    return;
  }
  if (own.height == half.height && own.width == half.width) {
    libyuv::MergeUVPlane(from.planes[1], from.strides_bytes[1], from.planes[2],
                         from.strides_bytes[2], to.planes[1], to.strides_bytes[1], half.width,
                         half.height);
    return;
  }
  const std::size_t plane_bytes = static_cast<std::size_t>(own.width) * own.height;
  scratch.resize(2 * plane_bytes);
  uint8_t* const planes[] = {scratch.data(), scratch.data() + plane_bytes};
  for (const int i : {0, 1}) {
    scale_chroma(from.planes[i + 1], from.strides_bytes[i + 1], half, planes[i], own.width, own);
  }
  libyuv::MergeUVPlane(planes[0], own.width, planes[1], own.width, to.planes[1],
                       to.strides_bytes[1], own.width, own.height);
}

// The upper eight of the ten bits.
void p010_to_i420(const Picture& from, const MutablePicture& i420,
                  std::vector<std::uint8_t>& scratch) {
  constexpr int kScale = 256, kBytes = 2;  // of a sample of 16 bits
  const auto samples = [&](int plane) {
    return reinterpret_cast<const std::uint16_t*>(from.planes[plane]);
  };
  const Size size = size_of(from), half = chroma_size(kPlanar[0], size);
  libyuv::Convert16To8Plane(samples(0), from.strides_bytes[0] / kBytes, i420.planes[0],
                            i420.strides_bytes[0], kScale, size.width, size.height);
  const int row = 2 * half.width;
  scratch.resize(static_cast<std::size_t>(row) * half.height);
  libyuv::Convert16To8Plane(samples(1), from.strides_bytes[1] / kBytes, scratch.data(), row, kScale,
                            row, half.height);
  libyuv::SplitUVPlane(scratch.data(), row, i420.planes[1], i420.strides_bytes[1], i420.planes[2],
                       i420.strides_bytes[2], half.width, half.height);
}

Result<void> to_i420(const Picture& from, const MutablePicture& i420,
                     std::vector<std::uint8_t>& scratch) {
  if (const PlanarFormat* planar = planar_format(from.fourcc)) {
    planar_to_i420(*planar, from, i420, scratch);
    return {};
  }
  if (from.fourcc == kP010) {
    p010_to_i420(from, i420, scratch);
    return {};
  }
  const PackedFormat* packed = packed_format(from.fourcc);
  if (packed == nullptr) return no_way(from.fourcc);
  const MutablePicture to = with_chroma_swapped(i420, packed->swapped);
  packed->to_i420(from.planes[0], from.strides_bytes[0], to.planes[0], to.strides_bytes[0],
                  to.planes[1], to.strides_bytes[1], to.planes[2], to.strides_bytes[2],
                  size_of(from).width, size_of(from).height);
  return {};
}

Result<void> from_i420(const Picture& i420, const MutablePicture& to,
                       std::vector<std::uint8_t>& scratch) {
  if (const PlanarFormat* planar = planar_format(to.fourcc)) {
    i420_to_planar(*planar, i420, to, scratch);
    return {};
  }
  const PackedFormat* packed = packed_format(to.fourcc);
  if (packed == nullptr) return no_way(to.fourcc);
  const Picture from = with_chroma_swapped(i420, packed->swapped);
  packed->from_i420(from.planes[0], from.strides_bytes[0], from.planes[1], from.strides_bytes[1],
                    from.planes[2], from.strides_bytes[2], to.planes[0], to.strides_bytes[0],
                    size_of(to).width, size_of(to).height);
  return {};
}

}  // namespace

bool Converter::supports(Fourcc fourcc) {
  return planar_format(fourcc) != nullptr || packed_format(fourcc) != nullptr;
}

MutablePicture Converter::scratch_i420(std::vector<std::uint8_t>& memory, std::uint32_t width_px,
                                       std::uint32_t height_px) {
  const std::size_t half_width = (width_px + 1) / 2, half_height = (height_px + 1) / 2;
  const std::size_t luma = std::size_t{width_px} * height_px, chroma = half_width * half_height;
  memory.resize(luma + 2 * chroma);
  const int half_stride = static_cast<int>(half_width);
  return {fourcc("I420"),
          width_px,
          height_px,
          {memory.data(), memory.data() + luma, memory.data() + luma + chroma, nullptr},
          {static_cast<int>(width_px), half_stride, half_stride, 0}};
}

Result<void> Converter::convert(const Picture& from, const MutablePicture& to) {
  if (from.planes[0] == nullptr || to.planes[0] == nullptr) {
    return Error::of(std::errc::invalid_argument, "convert a picture without memory");
  }
  const bool same_size = from.width_px == to.width_px && from.height_px == to.height_px;
  Picture i420 = from;
  if (from.fourcc != fourcc("I420")) {
    const MutablePicture unpacked = same_size && to.fourcc == fourcc("I420")
                                        ? to
                                        : scratch_i420(source_, from.width_px, from.height_px);
    VSL_CHECK(to_i420(from, unpacked, chroma_));
    if (unpacked.planes[0] == to.planes[0]) return {};
    i420 = read_only(unpacked);
  }
  if (!same_size) {
    const MutablePicture scaled = scratch_i420(scaled_, to.width_px, to.height_px);
    libyuv::I420Scale(i420.planes[0], i420.strides_bytes[0], i420.planes[1], i420.strides_bytes[1],
                      i420.planes[2], i420.strides_bytes[2], size_of(from).width,
                      size_of(from).height, scaled.planes[0], scaled.strides_bytes[0],
                      scaled.planes[1], scaled.strides_bytes[1], scaled.planes[2],
                      scaled.strides_bytes[2], size_of(to).width, size_of(to).height,
                      libyuv::kFilterBox);
    i420 = read_only(scaled);
  }
  return from_i420(i420, to, chroma_);
}

Result<void> Converter::to_rgb24(const Picture& from, std::span<std::uint8_t> rgb) {
  if (rgb.size() < std::size_t{from.width_px} * from.height_px * 3) {
    return Error::of(std::errc::invalid_argument, "convert into a buffer that is too small");
  }
  const int stride = static_cast<int>(from.width_px * 3);
  const MutablePicture to{fourcc("RGB3"), from.width_px, from.height_px, {rgb.data()}, {stride}};
  if (from.fourcc == to.fourcc) {
    libyuv::CopyPlane(from.planes[0], from.strides_bytes[0], rgb.data(), stride, stride,
                      size_of(from).height);
    return {};
  }
  return convert(from, to);
}

}  // namespace vsl::convert
