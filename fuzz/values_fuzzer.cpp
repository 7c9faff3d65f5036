// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// The values of the command line: whatever is typed is either refused with a sentence or means
// something that can be worked with.
#include <cmath>

#include "apps/videostream/values.hpp"
#include "support/check.hpp"
#include "support/input.hpp"

namespace {

using namespace vsl;
using namespace vsl::command;

template <class T>
bool good(const Result<T>& result) {
  if (!result)
    VSL_MUST(result.error().code == std::errc::invalid_argument && !result.error().where.empty());
  return result.has_value();
}

void check_rate(const FrameRate& rate, std::uint64_t index) {
  VSL_MUST(rate.numerator > 0 && rate.denominator > 0);
  VSL_MUST(rate.due_ns(0) == 0);
  constexpr std::uint64_t kYearSeconds = 31'536'000;  // one period more is at most 137 years
  const std::uint64_t frame = index % (rate.numerator * kYearSeconds / rate.denominator + 1);
  VSL_MUST(rate.due_ns(frame) >= 0 && rate.due_ns(frame + 1) >= rate.due_ns(frame));
}

void check_picture_of(Fourcc format, Resolution size) {
  if (!good(check_picture(format, size))) return;
  const auto layout = Layout::packed(format, size.width_px, size.height_px);
  VSL_MUST(layout && layout->plane_count > 0 && layout->buffer_bytes[0] > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint32_t which = input.below(11);
  const auto index = which == 3 ? input.take<std::uint64_t>() : 0;
  const std::string_view text = input.rest_as_text();
  switch (which) {
    case 0: {
      const auto resolution = parse_resolution(text);
      if (good(resolution)) VSL_MUST(resolution->width_px > 0 && resolution->height_px > 0);
      if (resolution) check_picture_of(fourcc("NV12"), *resolution);
      break;
    }
    case 1: {
      const auto format = parse_fourcc(text);
      if (!good(format)) break;
      const std::string back = format->to_string();
      for (std::size_t i = 0; i < 4; ++i) VSL_MUST(back[i] == text[i] || back[i] == '?');
      check_picture_of(*format, {64, 64});
      break;
    }
    case 2:
      (void)good(parse_bitrate_kbps(text));
      break;
    case 3:
      if (const auto rate = parse_frame_rate(text); good(rate)) check_rate(*rate, index);
      break;
    case 4:
      (void)good(parse_codec(text));
      break;
    case 5:
      if (const auto policy = parse_policy(text); good(policy)) VSL_MUST(policy->every >= 1);
      break;
    case 6:
      (void)good(parse_memory(text));
      break;
    case 7:
      (void)good(parse_access(text));
      break;
    case 8:
      (void)good(parse_backend(text));
      break;
    case 9:
      if (const auto mode = parse_mode(text); good(mode)) VSL_MUST(*mode <= 0777);
      break;
    default:
      double seconds = 0;
      std::memcpy(&seconds, text.data(), std::min(text.size(), sizeof seconds));
      VSL_MUST(good(check_timeout(seconds)) != std::isnan(seconds));
  }
  return 0;
}
