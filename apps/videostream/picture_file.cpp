// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "picture_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "avformat/new_file.hpp"
#include "codec/ffmpeg/png.hpp"
#include "videostream/convert.hpp"

namespace vsl::command {
namespace {

Result<void> print_bytes(const std::vector<std::uint8_t>& bytes) {
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() &&
                       std::fflush(stdout) == 0;
  return written ? Result<void>() : Error::last("write the picture to stdout");
}

Result<void> write_bytes(const std::vector<std::uint8_t>& bytes, const std::string& path) {
  if (path == "-") return print_bytes(bytes);
  VSL_TRY(avformat::NewFile target, avformat::NewFile::create(path));
  std::FILE* file = std::fopen(target.temporary_path().c_str(), "wbe");
  if (file == nullptr) return Error::last("write " + path);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int write_error = errno;
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return target.commit();
  return written ? Error::last("write " + path) : Error::from_errno(write_error, "write " + path);
}

Result<Rgb> convert_picture(const Picture& picture) {
  const bool whole = picture.visible == Rect{};
  const auto width =
      whole ? picture.layout.width_px : static_cast<std::uint32_t>(picture.visible.width);
  const auto height =
      whole ? picture.layout.height_px : static_cast<std::uint32_t>(picture.visible.height);
  VSL_TRY(const Layout layout, Layout::packed(fourcc("RGB3"), width, height));
  Rgb rgb{width, height, std::vector<std::uint8_t>(layout.buffer_bytes[0])};
  MutablePicture to{layout, {}, {}, {}};
  to.planes[0] = std::as_writable_bytes(std::span(rgb.bytes));
  VSL_TRY(Converter converter, Converter::create());
  VSL_CHECK(converter.convert(picture, to));
  return rgb;
}

/// As it is to be looked at: the frame says how far it is turned, a picture file does not.
Rgb upright(Rgb from, Rotation rotation) {
  constexpr std::size_t kPixelBytes = 3;
  if (rotation == Rotation::none) return from;
  const bool lies = rotation != Rotation::half;
  const std::size_t width = from.width_px, height = from.height_px;
  Rgb to{lies ? from.height_px : from.width_px, lies ? from.width_px : from.height_px,
         std::vector<std::uint8_t>(from.bytes.size())};
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t back_x = width - 1 - x, back_y = height - 1 - y;
      const std::size_t target = rotation == Rotation::clockwise_90 ? x * height + back_y
                                 : rotation == Rotation::half       ? back_y * width + back_x
                                                                    : back_x * height + y;
      std::copy_n(&from.bytes[(y * width + x) * kPixelBytes], kPixelBytes,
                  &to.bytes[target * kPixelBytes]);
    }
  }
  return to;
}

}  // namespace

Result<PictureFormat> picture_format_of(const std::string& path) {
  if (path == "-") return PictureFormat::png;
  if (path.ends_with(".png") || path.ends_with(".PNG")) return PictureFormat::png;
  if (path.ends_with(".ppm") || path.ends_with(".PPM")) return PictureFormat::ppm;
  return Error::of(
      std::errc::invalid_argument,
      "Cannot tell the picture format (expected a name ending in .png or .ppm): '" + path + "'");
}

Result<Rgb> to_rgb(const Lease& lease) {
  VSL_CHECK(lease.map());
  const FrameInfo info = lease.info();
  VSL_TRY(Rgb rgb, convert_picture(picture_of(lease)));
  if (!lease.valid()) {
    return Error::of(std::errc::operation_canceled,
                     "read frame " + std::to_string(info.serial) + " (the host took it back)");
  }
  return upright(std::move(rgb), info.rotation);
}

Result<Rgb> to_rgb(Frame& frame) {
  VSL_CHECK(frame.map());
  VSL_TRY(Rgb rgb, convert_picture(picture_of(frame)));
  return upright(std::move(rgb), frame.info().rotation);
}

Result<void> write_picture(const Rgb& picture, PictureFormat format, const std::string& path) {
  if (format == PictureFormat::png) {
    VSL_TRY(const auto png, codec::encode_png(picture.bytes, picture.width_px, picture.height_px));
    return write_bytes(png, path);
  }
  const std::string header = "P6\n" + std::to_string(picture.width_px) + " " +
                             std::to_string(picture.height_px) + "\n255\n";
  std::vector<std::uint8_t> ppm(header.begin(), header.end());
  ppm.insert(ppm.end(), picture.bytes.begin(), picture.bytes.end());
  return write_bytes(ppm, path);
}

}  // namespace vsl::command
