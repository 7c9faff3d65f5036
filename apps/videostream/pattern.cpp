// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "pattern.hpp"

#include <algorithm>
#include <cstring>

#include "videostream/convert.hpp"

namespace vsl::command {
namespace {

struct Yuv {
  std::uint8_t y, u, v;
};
// 75 % bars in BT.601: white, yellow, cyan, green, magenta, red, blue, black.
constexpr std::array<Yuv, 8> kBars{{{180, 128, 128},
                                    {162, 44, 142},
                                    {131, 156, 44},
                                    {112, 72, 58},
                                    {84, 184, 198},
                                    {65, 100, 212},
                                    {35, 212, 114},
                                    {16, 128, 128}}};

// The slant comes round exactly once over the height, so that rolling the picture shows no seam.
const Yuv& bar_at(std::uint32_t x, std::uint32_t y, std::uint32_t width, std::uint32_t height) {
  const std::uint64_t across = std::uint64_t{x} * kBars.size() / width;
  const std::uint64_t down = std::uint64_t{y} * kBars.size() / height;
  return kBars[(across + down) % kBars.size()];
}

std::vector<std::uint8_t> render_i420(std::uint32_t width, std::uint32_t height) {
  const std::uint32_t half_width = (width + 1) / 2, half_height = (height + 1) / 2;
  const std::size_t luma = std::size_t{width} * height;
  const std::size_t chroma = std::size_t{half_width} * half_height;
  std::vector<std::uint8_t> picture(luma + 2 * chroma);
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      picture[std::size_t{y} * width + x] = bar_at(x, y, width, height).y;
    }
  }
  for (std::uint32_t y = 0; y < half_height; ++y) {
    for (std::uint32_t x = 0; x < half_width; ++x) {
      const Yuv& bar = bar_at(2 * x, 2 * y, width, height);
      const std::size_t at = std::size_t{y} * half_width + x;
      picture[luma + at] = bar.u;
      picture[luma + chroma + at] = bar.v;
    }
  }
  return picture;
}

// `bytes` of render_i420().
Result<Picture> i420_picture(const std::vector<std::uint8_t>& bytes, std::uint32_t width,
                             std::uint32_t height) {
  VSL_TRY(const Layout layout, Layout::packed(fourcc("I420"), width, height));
  Picture picture{layout, {}, {}, {}};
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    picture.planes[i] = std::as_bytes(std::span(bytes))
                            .subspan(layout.planes[i].offset_bytes, layout.plane_bytes(i));
  }
  return picture;
}

// `rows` rows of `base`, beginning at `first` and coming round at the end.
void copy_rolled(std::span<std::byte> to, const std::vector<std::uint8_t>& base, std::size_t first,
                 std::size_t stride_bytes) {
  const std::size_t split = std::min(base.size() - first * stride_bytes, to.size());
  std::memcpy(to.data(), base.data() + first * stride_bytes, split);
  std::memcpy(to.data() + split, base.data(), to.size() - split);
}

}  // namespace

std::unique_ptr<Painter> make_test_pattern(Resolution size, FrameRate rate) {
  return std::make_unique<TestPattern>(size, rate);
}

Result<std::optional<std::int64_t>> TestPattern::next() {
  return std::optional(rate_.due_ns(index_++));
}

Result<void> TestPattern::render(const Layout& layout) {
  MutablePicture to{layout, {}, {}, {}};
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const std::uint32_t stride = layout.planes[i].stride_bytes;
    planes_[i].resize(std::size_t{stride} * layout.plane_rows(i));
    // Padding and what is no picture still differ from row to row.
    for (std::size_t at = 0; at < planes_[i].size(); ++at) {
      planes_[i][at] = static_cast<std::uint8_t>(at % stride + 3 * (at / stride));
    }
    to.planes[i] = std::as_writable_bytes(std::span(planes_[i]));
  }
  layout_ = layout;
  if (!Converter::supports(layout.fourcc)) return {};
  const auto bars = render_i420(layout.width_px, layout.height_px);
  VSL_TRY(const Picture from, i420_picture(bars, layout.width_px, layout.height_px));
  VSL_TRY(Converter converter, Converter::create());
  VSL_CHECK(converter.convert(from, to));
  return {};
}

Result<void> TestPattern::fill(Frame& frame) {
  VSL_CHECK(frame.map());
  const Layout& layout = frame.info().layout;
  if (!(layout == layout_)) VSL_CHECK(render(layout));
  // In rows of the plane with the fewest, so that all planes roll alike.
  // Two rows at least: that is how often a Bayer pattern repeats.
  std::uint32_t steps = std::max((layout.plane_rows(0) + 1) / 2, 1u);
  for (std::size_t i = 1; i < layout.plane_count; ++i) {
    steps = std::min(steps, std::max(layout.plane_rows(i), 1u));
  }
  const std::uint64_t step = index_ % steps;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    // Rounded up: of an odd height chroma has half a row more than half the rows.
    const std::uint64_t rows_per_step = (layout.plane_rows(i) + steps - 1) / steps;
    const std::uint64_t first = step * rows_per_step;
    copy_rolled(frame.plane(i), planes_[i], first, layout.planes[i].stride_bytes);
  }
  const std::span<std::byte> luma = frame.plane(0);
  const std::size_t stride = layout.planes[0].stride_bytes;
  const std::size_t bar_rows = std::max<std::size_t>(layout.plane_rows(0) / 32, 1);
  const std::size_t top = (5 * index_) % layout.plane_rows(0);
  const std::size_t begin = std::min(top * stride, luma.size());
  const std::size_t end = std::min((top + bar_rows) * stride, luma.size());
  std::memset(luma.data() + begin, static_cast<int>(16 + index_ % 220), end - begin);
  return {};
}

}  // namespace vsl::command
