// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "y4m_file.hpp"

#include <cinttypes>
#include <utility>

namespace vsl::command {
namespace {

// Planes of the format in the order of Y4M, by its name for them; nullptr: it has none.
const char* y4m_name(Fourcc format) {
  if (format == fourcc("I420") || format == fourcc("NV12")) return "420jpeg";
  if (format == fourcc("Y42B")) return "422";
  if (format == fourcc("YU24")) return "444";
  if (format == fourcc("GREY")) return "mono";
  return nullptr;
}

std::string shape_of(const Layout& layout) {
  return std::to_string(layout.width_px) + "x" + std::to_string(layout.height_px) + " " +
         layout.fourcc.to_string();
}

}  // namespace

Result<Y4mFile> Y4mFile::create(const std::string& path, FrameRate rate) {
  VSL_TRY(auto target, avformat::NewFile::create(path));
  std::FILE* file = std::fopen(target.temporary_path().c_str(), "wbe");
  if (file == nullptr) return Error::last("create " + path);
  return Y4mFile(std::move(target), file, path, rate);
}

Result<void> Y4mFile::write_head(const Layout& layout) {
  const char* name = y4m_name(layout.fourcc);
  if (name == nullptr) {
    return Error::of(std::errc::not_supported, "write pictures in " + layout.fourcc.to_string() +
                                                   " to " + path_ + " as YUV4MPEG2");
  }
  const int written = std::fprintf(
      file_.get(), "YUV4MPEG2 W%u H%u F%" PRIu64 ":%" PRIu64 " Ip A0:0 C%s\n", layout.width_px,
      layout.height_px, std::uint64_t{rate_.numerator}, std::uint64_t{rate_.denominator}, name);
  if (written < 0) return failed();
  first_ = layout;
  return {};
}

Result<void> Y4mFile::check_like_first(const Layout& layout) const {
  if (shape_of(layout) == shape_of(*first_)) return {};
  return Error::of(std::errc::not_supported, "write picture " + std::to_string(pictures_ + 1) +
                                                 " to " + path_ + ": it is " + shape_of(layout) +
                                                 " and a YUV4MPEG2 file of " + shape_of(*first_) +
                                                 " cannot change");
}

Result<void> Y4mFile::write(Frame& picture) {
  const Layout& layout = picture.info().layout;
  if (!first_) VSL_CHECK(write_head(layout));
  VSL_CHECK(check_like_first(layout));
  VSL_CHECK(picture.map());
  if (std::fputs("FRAME\n", file_.get()) < 0) return failed();
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const std::size_t components = layout.fourcc == fourcc("NV12") && i == 1 ? 2 : 1;
    for (std::size_t c = 0; c < components; ++c) VSL_CHECK(write_plane(picture, i, c, components));
  }
  ++pictures_;
  return {};
}

// Every `step`th byte of a plane: of chroma in pairs, a component.
Result<void> Y4mFile::write_plane(Frame& picture, std::size_t index, std::size_t first,
                                  std::size_t step) {
  const Layout& layout = picture.info().layout;
  const auto plane = picture.plane(index);
  row_.resize(layout.plane_row_bytes(index) / step);
  for (std::uint32_t row = 0; row < layout.plane_rows(index); ++row) {
    const auto* bytes = plane.data() + std::size_t{row} * layout.planes[index].stride_bytes + first;
    if (step > 1) {
      for (std::size_t x = 0; x < row_.size(); ++x) row_[x] = bytes[x * step];
      bytes = row_.data();
    }
    if (std::fwrite(bytes, 1, row_.size(), file_.get()) != row_.size()) return failed();
  }
  return {};
}

Result<void> Y4mFile::finish() {
  if (std::fclose(file_.release()) != 0) return failed();
  return target_.commit();
}

}  // namespace vsl::command
