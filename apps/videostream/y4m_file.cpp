// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "y4m_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cinttypes>
#include <cstring>
#include <utility>

namespace vsl::command {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18;

/// Y4M has planes alone, luma first.
struct Y4mFormat {
  Fourcc fourcc;
  const char* name;
  bool pairs = false;            // chroma comes in pairs, to be taken apart
  std::size_t sample_bytes = 1;  // of them
  unsigned low_bits = 0;         // below the sample, in formats that have it in the upper bits
};
constexpr Y4mFormat kFormats[] = {
    {fourcc("I420"), "420"},
    {fourcc("NV12"), "420", true},
    {fourcc("P010"), "420p10 XYSCSS=420P10", true, 2, 6},
    {fourcc("Y42B"), "422"},
    {fourcc("YU24"), "444"},
    {fourcc("GREY"), "mono"},
};

const Y4mFormat* y4m_format(Fourcc fourcc) {
  for (const Y4mFormat& format : kFormats) {
    if (format.fourcc == fourcc) return &format;
  }
  return nullptr;
}

/// Where chroma of 8-bit 4:2:0 lies: in the middle, at the corner, or left of luma, which is what
/// H.264 and HEVC mean when they do not say (Rec. ITU-T H.264 §E.2.1, H.265 §E.3.1).
const char* site_of(const Y4mFormat& format, const Colorimetry& color) {
  if (std::strcmp(format.name, "420") != 0) return "";
  if (color.chroma_site == 2) return "jpeg";
  return color.chroma_site == 3 ? "paldv" : "mpeg2";
}

/// FFmpeg's word, which others pass over; limited is what everybody takes for granted.
const char* range_of(const Colorimetry& color) {
  return color.range == 2 ? " XCOLORRANGE=FULL" : "";
}

std::string shape_of(const Picture& picture) {
  return std::to_string(picture.layout.width_px) + "x" + std::to_string(picture.layout.height_px) +
         " " + picture.layout.fourcc.to_string();
}

// Every `step`th sample from `from` on, moved down to the lower bits.
void gather(const std::byte* from, std::size_t step, const Y4mFormat& format, std::size_t samples,
            std::byte* to) {
  if (format.sample_bytes == 1) {
    for (std::size_t i = 0; i < samples; ++i) to[i] = from[i * step];
    return;
  }
  for (std::size_t i = 0; i < samples; ++i) {
    std::uint16_t sample = 0;
    std::memcpy(&sample, from + i * step * sizeof sample, sizeof sample);
    sample = static_cast<std::uint16_t>(sample >> format.low_bits);
    std::memcpy(to + i * sizeof sample, &sample, sizeof sample);
  }
}

// A picture whose edges are all to be seen. Chroma is cut where the luma is.
Picture visible_part(const Picture& picture) {
  Picture part = picture;
  const Rect& seen = picture.visible;
  if (seen.width <= 0 || seen.height <= 0) return part;
  const Layout& all = picture.layout;
  for (std::size_t i = 0; i < all.plane_count; ++i) {
    const std::size_t above =
        std::size_t{all.plane_rows(i)} * static_cast<std::size_t>(seen.y) / all.height_px;
    const std::size_t before =
        all.plane_row_bytes(i) * static_cast<std::size_t>(seen.x) / all.width_px;
    part.planes[i] = picture.planes[i].subspan(above * all.planes[i].stride_bytes + before);
  }
  part.layout.width_px = static_cast<std::uint32_t>(seen.width);
  part.layout.height_px = static_cast<std::uint32_t>(seen.height);
  return part;
}

}  // namespace

Result<Y4mFile> Y4mFile::create(const std::string& path, FrameRate rate,
                                avformat::PixelAspect pixel) {
  if (path == "-") {
    return over(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), {"stdout", rate, pixel});
  }
  using avformat::Destination;
  const std::string what = "open " + path + " to write";
  VSL_TRY(Destination there, Destination::find(path, Destination::Use::replace, what));
  if (there.occupant() && !S_ISREG(there.occupant()->st_mode)) {
    return over(there.open(O_WRONLY).release(), {path, rate, pixel});
  }
  VSL_TRY(avformat::NewFile target, avformat::NewFile::create(path, std::move(there)));
  const int fd = ::open(target.temporary_path().c_str(), O_WRONLY | O_CLOEXEC);
  VSL_TRY(Y4mFile file, over(fd, {path, rate, pixel}));
  file.target_.emplace(std::move(target));
  return file;
}

Result<Y4mFile> Y4mFile::over(int fd, Head head) {
  std::FILE* stream = fd >= 0 ? ::fdopen(fd, "wb") : nullptr;
  if (stream == nullptr) {
    Error error = Error::last("open " + head.name + " to write");
    if (fd >= 0) ::close(fd);
    return error;
  }
  std::setvbuf(stream, nullptr, _IOFBF, kBufferBytes);
  return Y4mFile(stream, std::move(head));
}

Result<void> Y4mFile::write_head(const Picture& picture) {
  const Y4mFormat* format = y4m_format(picture.layout.fourcc);
  if (format == nullptr) {
    return Error::of(std::errc::not_supported, "write pictures in " +
                                                   picture.layout.fourcc.to_string() + " to " +
                                                   head_.name + " as YUV4MPEG2");
  }
  const int written = std::fprintf(
      file_.get(),
      "YUV4MPEG2 W%u H%u F%" PRIu64 ":%" PRIu64 " I? A%" PRIu32 ":%" PRIu32 " C%s%s%s\n",
      picture.layout.width_px, picture.layout.height_px, std::uint64_t{head_.rate.numerator},
      std::uint64_t{head_.rate.denominator}, head_.pixel.width, head_.pixel.height, format->name,
      site_of(*format, picture.color), range_of(picture.color));
  if (written < 0) return failed();
  first_.emplace(picture);
  first_->planes = {};
  return {};
}

Result<void> Y4mFile::check_like_first(const Picture& picture) const {
  if (shape_of(picture) == shape_of(*first_)) return {};
  return Error::of(std::errc::not_supported, "write picture " + std::to_string(pictures_ + 1) +
                                                 " to " + head_.name + ": it is " +
                                                 shape_of(picture) + " and a YUV4MPEG2 file of " +
                                                 shape_of(*first_) + " cannot change");
}

bool Y4mFile::write_plane(const Picture& picture, std::size_t plane) {
  const Layout& layout = picture.layout;
  const std::size_t row_bytes = layout.plane_row_bytes(plane);
  for (std::uint32_t row = 0; row < layout.plane_rows(plane); ++row) {
    const auto* bytes =
        picture.planes[plane].data() + std::size_t{row} * layout.planes[plane].stride_bytes;
    if (std::fwrite(bytes, 1, row_bytes, file_.get()) != row_bytes) return false;
  }
  return true;
}

// Luma (0) or one of two chroma components that share a plane.
bool Y4mFile::write_component(const Picture& picture, std::size_t component) {
  const Y4mFormat& format = *y4m_format(picture.layout.fourcc);
  const std::size_t plane = component == 0 ? 0 : 1, step = component == 0 ? 1 : 2;
  const std::size_t first_byte = component == 2 ? format.sample_bytes : 0;
  const std::size_t samples = picture.layout.plane_row_bytes(plane) / format.sample_bytes / step;
  row_.resize(samples * format.sample_bytes);
  for (std::uint32_t row = 0; row < picture.layout.plane_rows(plane); ++row) {
    const auto* bytes =
        picture.planes[plane].data() + std::size_t{row} * picture.layout.planes[plane].stride_bytes;
    gather(bytes + first_byte, step, format, samples, row_.data());
    if (std::fwrite(row_.data(), 1, row_.size(), file_.get()) != row_.size()) return false;
  }
  return true;
}

Result<void> Y4mFile::write(const Picture& whole) {
  const Picture picture = visible_part(whole);
  if (!first_) VSL_CHECK(write_head(picture));
  VSL_CHECK(check_like_first(picture));
  if (std::fputs("FRAME\n", file_.get()) < 0) return failed();
  const bool pairs = y4m_format(picture.layout.fourcc)->pairs;
  const std::size_t parts = pairs ? 3 : picture.layout.plane_count;
  for (std::size_t i = 0; i < parts; ++i) {
    if (!(pairs ? write_component(picture, i) : write_plane(picture, i))) return failed();
  }
  ++pictures_;
  return {};
}

Result<void> Y4mFile::finish() {
  if (std::fclose(file_.release()) != 0) return failed();
  return target_ ? target_->commit() : Result<void>();
}

}  // namespace vsl::command
