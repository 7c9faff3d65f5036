// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/format_list.hpp"

#include <linux/videodev2.h>

#include <algorithm>
#include <utility>

#include "v4l2/driver_text.hpp"

namespace vsl::v4l2 {
namespace {

// Nothing real comes near: some dozens of formats, sizes and intervals, a few thousand in all.
constexpr std::uint32_t kMaxEntries = 512;
constexpr std::uint32_t kMaxQuestions = 65536;

// Counts what one queue was asked, so that lists in lists in lists end too.
class Questions {
 public:
  explicit Questions(const Ask& ask) : ask_(ask) {}
  bool answered(unsigned long request, void* argument) {
    return left_ > 0 && left_-- > 0 && ask_(request, argument) >= 0;
  }

 private:
  const Ask& ask_;
  std::uint32_t left_ = kMaxQuestions;
};

template <class T>
void add_once(std::vector<T>& list, T entry, auto same) {
  const auto is_it = [&](const T& other) { return same(other, entry); };
  if (std::none_of(list.begin(), list.end(), is_it)) list.push_back(std::move(entry));
}

// ---- intervals

bool is_time(const v4l2_fract& fract) { return fract.numerator > 0 && fract.denominator > 0; }

bool shorter(FrameInterval a, FrameInterval b) {
  return std::uint64_t{a.numerator} * b.denominator < std::uint64_t{b.numerator} * a.denominator;
}

void set_range(FrameSize& size, const v4l2_frmival_stepwise& range) {
  if (!is_time(range.min) || !is_time(range.max)) return;
  FrameInterval ends[] = {{range.min.numerator, range.min.denominator},
                          {range.max.numerator, range.max.denominator}};
  if (shorter(ends[1], ends[0])) std::swap(ends[0], ends[1]);
  size.intervals.assign(std::begin(ends), std::end(ends));
  size.intervals_are_range = true;
}

void list_intervals(Questions& questions, std::uint32_t pixel_format, FrameSize& size) {
  for (std::uint32_t index = 0; index < kMaxEntries; ++index) {
    v4l2_frmivalenum answer{};
    answer.index = index;
    answer.pixel_format = pixel_format;
    answer.width = size.max_width_px;
    answer.height = size.max_height_px;
    if (!questions.answered(VIDIOC_ENUM_FRAMEINTERVALS, &answer)) return;
    if (answer.type != V4L2_FRMIVAL_TYPE_DISCRETE) return set_range(size, answer.stepwise);
    if (!is_time(answer.discrete)) continue;
    add_once(size.intervals, FrameInterval{answer.discrete.numerator, answer.discrete.denominator},
             std::equal_to<>());
  }
}

// ---- sizes

FrameSize one_size(std::uint32_t width_px, std::uint32_t height_px) {
  return {.min_width_px = width_px,
          .max_width_px = width_px,
          .min_height_px = height_px,
          .max_height_px = height_px};
}

// A step of a range that has none: every pixel. Of what is no range: 0.
std::uint32_t step_of(std::uint32_t smallest, std::uint32_t largest, std::uint32_t step) {
  return smallest == largest ? 0 : std::max<std::uint32_t>(step, 1);
}

FrameSize range_of_sizes(const v4l2_frmsize_stepwise& range) {
  return {.min_width_px = range.min_width,
          .max_width_px = range.max_width,
          .step_width_px = step_of(range.min_width, range.max_width, range.step_width),
          .min_height_px = range.min_height,
          .max_height_px = range.max_height,
          .step_height_px = step_of(range.min_height, range.max_height, range.step_height)};
}

bool makes_sense(const FrameSize& size) {
  return size.min_width_px > 0 && size.min_height_px > 0 &&
         size.min_width_px <= size.max_width_px && size.min_height_px <= size.max_height_px;
}

bool same_pixels(const FrameSize& a, const FrameSize& b) {
  return a.min_width_px == b.min_width_px && a.max_width_px == b.max_width_px &&
         a.min_height_px == b.min_height_px && a.max_height_px == b.max_height_px;
}

std::vector<FrameSize> list_sizes(Questions& questions, std::uint32_t pixel_format) {
  std::vector<FrameSize> sizes;
  for (std::uint32_t index = 0; index < kMaxEntries; ++index) {
    v4l2_frmsizeenum answer{};
    answer.index = index;
    answer.pixel_format = pixel_format;
    if (!questions.answered(VIDIOC_ENUM_FRAMESIZES, &answer)) break;
    const bool one = answer.type == V4L2_FRMSIZE_TYPE_DISCRETE;
    FrameSize size = one ? one_size(answer.discrete.width, answer.discrete.height)
                         : range_of_sizes(answer.stepwise);
    if (makes_sense(size)) add_once(sizes, std::move(size), same_pixels);
    if (!one) break;  // a range is the whole answer
  }
  for (FrameSize& size : sizes) list_intervals(questions, pixel_format, size);
  return sizes;
}

}  // namespace

std::vector<DeviceFormat> list_formats(const Ask& ask, std::uint32_t queue) {
  Questions questions(ask);
  std::vector<DeviceFormat> formats;
  for (std::uint32_t index = 0; index < kMaxEntries; ++index) {
    v4l2_fmtdesc answer{};
    answer.index = index;
    answer.type = queue;
    if (!questions.answered(VIDIOC_ENUM_FMT, &answer)) break;
    if (answer.pixelformat == 0) continue;
    DeviceFormat format;
    format.fourcc = {answer.pixelformat};
    format.description = driver_text(answer.description);
    format.flags = answer.flags;
    format.compressed = (answer.flags & V4L2_FMT_FLAG_COMPRESSED) != 0;
    add_once(formats, std::move(format),
             [](const auto& a, const auto& b) { return a.fourcc == b.fourcc; });
  }
  for (DeviceFormat& format : formats) format.sizes = list_sizes(questions, format.fourcc.code);
  return formats;
}

}  // namespace vsl::v4l2
