// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "values.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "videostream/frame_info.hpp"

namespace vsl::command {
namespace {

Error refuse(const char* why, std::string_view text) {
  return Error::of(std::errc::invalid_argument, std::string(why) + ": '" + std::string(text) + "'");
}

template <class T>
std::optional<T> whole_number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

template <class T, std::size_t N>
Result<T> one_of(const std::pair<const char*, T> (&table)[N], const char* what,
                 std::string_view text) {
  std::string names;
  for (const auto& [name, value] : table) {
    if (text == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return refuse(("Unknown " + std::string(what) + " (one of " + names + ")").c_str(), text);
}

// "29.97" as 2997/100; more than six decimals would overflow and mean nothing.
std::optional<FrameRate> decimal_rate(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view decimals = text.substr(dot + 1);
  const auto whole = whole_number<std::uint32_t>(text.substr(0, dot));
  const auto part = whole_number<std::uint32_t>(decimals);
  if (!whole || !part || decimals.size() > 6 || *whole > 4000) return std::nullopt;
  std::uint32_t scale = 1;
  for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
  if (*whole > std::numeric_limits<std::uint32_t>::max() / scale - 1) return std::nullopt;
  return FrameRate{*whole * scale + *part, scale};
}

}  // namespace

Result<Resolution> parse_resolution(std::string_view text) {
  std::size_t separator = text.find('x');
  if (separator == std::string_view::npos) separator = text.find('X');
  if (separator == std::string_view::npos) separator = text.find('*');
  if (separator == std::string_view::npos) {
    return refuse("Invalid resolution format (expected WxH or W*H)", text);
  }
  const auto width = whole_number<std::int32_t>(text.substr(0, separator));
  if (!width) return refuse("Invalid width in resolution", text);
  const auto height = whole_number<std::int32_t>(text.substr(separator + 1));
  if (!height) return refuse("Invalid height in resolution", text);
  if (*width <= 0 || *height <= 0) return refuse("Resolution dimensions must be positive", text);
  return Resolution{static_cast<std::uint32_t>(*width), static_cast<std::uint32_t>(*height)};
}

Result<Fourcc> parse_fourcc(std::string_view text) {
  if (text.size() != 4) return refuse("FOURCC must be exactly 4 characters", text);
  const char characters[5] = {text[0], text[1], text[2], text[3], '\0'};
  return fourcc(characters);
}

Result<std::uint32_t> parse_bitrate_kbps(std::string_view text) {
  const std::string folded = lower(text);
  std::string_view number(folded);
  std::uint64_t factor = 1;
  for (const auto& [suffix, scale] : {std::pair{"kbps", 1u}, std::pair{"mbps", 1000u}}) {
    if (number.ends_with(suffix)) {
      number.remove_suffix(4);
      factor = scale;
      while (!number.empty() && number.back() == ' ') number.remove_suffix(1);
      break;
    }
  }
  const auto value = whole_number<std::uint32_t>(number);
  if (!value || *value * factor > std::numeric_limits<std::uint32_t>::max()) {
    return refuse("Invalid bitrate", text);
  }
  return static_cast<std::uint32_t>(*value * factor);
}

std::int64_t FrameRate::due_ns(std::uint64_t index) const {
  const std::uint64_t step = std::uint64_t{1'000'000'000} * denominator;
  // Whole seconds apart from the rest: the product of both would overflow within hours.
  const std::uint64_t rounds = index / numerator, rest = index % numerator;
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::int64_t>(Wide{rounds} * step + Wide{rest} * step / numerator);
}

Result<FrameRate> parse_frame_rate(std::string_view text) {
  std::optional<FrameRate> rate;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto numerator = whole_number<std::uint32_t>(text.substr(0, slash));
    const auto denominator = whole_number<std::uint32_t>(text.substr(slash + 1));
    if (numerator && denominator) rate = FrameRate{*numerator, *denominator};
  } else if (text.find('.') != std::string_view::npos) {
    rate = decimal_rate(text);
  } else if (const auto whole = whole_number<std::uint32_t>(text)) {
    rate = FrameRate{*whole, 1};
  }
  if (!rate || rate->numerator == 0 || rate->denominator == 0) {
    return refuse("Invalid frame rate (expected 30, 29.97 or 30000/1001)", text);
  }
  // Nothing films at more, and nobody waits for more than a day: it is a slip of the finger.
  constexpr std::uint64_t kMostFps = 100'000, kMostSecondsPerFrame = 86'400;
  if (rate->numerator > kMostFps * rate->denominator ||
      rate->denominator > kMostSecondsPerFrame * rate->numerator) {
    return refuse("Invalid frame rate (from one frame a day, 1/86400, to 100000 a second)", text);
  }
  const std::uint32_t divisor = std::gcd(rate->numerator, rate->denominator);
  return FrameRate{rate->numerator / divisor, rate->denominator / divisor};
}

bool is_raw(Fourcc format) {
  constexpr std::uint32_t kAnySizePx = 64;
  return Layout::packed(format, kAnySizePx, kAnySizePx).has_value();
}

Result<VideoCodec> parse_codec(std::string_view text) {
  std::string name = lower(text);
  std::erase_if(name, [](char c) { return c == '.' || c == '-'; });
  if (name == "h264" || name == "avc") return VideoCodec::h264;
  if (name == "h265" || name == "hevc") return VideoCodec::hevc;
  return refuse("Unsupported codec (h264, h265 or hevc)", text);
}

const char* word_of(VideoCodec codec) { return codec == VideoCodec::h264 ? "h264" : "h265"; }

Result<Policy> parse_policy(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name == "newest" && colon == std::string_view::npos) return Policy::newest();
  if (name == "in-order" && colon == std::string_view::npos) return Policy::in_order();
  // 0 stands for no number: neither a depth nor a step of 0 means anything.
  std::uint32_t number = 0;
  if (colon != std::string_view::npos) {
    number = whole_number<std::uint32_t>(text.substr(colon + 1)).value_or(0);
  }
  if (name == "in-order" && number >= 1 && number <= 256) return Policy::in_order(number);
  if (name == "every" && number >= 1) return Policy::every_kth(number);
  return refuse("Invalid policy (newest, in-order, in-order:1…256 or every:K)", text);
}

Result<MemorySource> parse_memory(std::string_view text) {
  static constexpr std::pair<const char*, MemorySource> kTable[] = {
      {"auto", MemorySource::automatic},    {"memfd", MemorySource::memfd},
      {"dma-heap", MemorySource::dma_heap}, {"udmabuf", MemorySource::udmabuf},
      {"shm", MemorySource::shm},
  };
  return one_of(kTable, "memory", text);
}

Result<CameraMemory> parse_camera_memory(std::string_view text) {
  static constexpr std::pair<const char*, CameraMemory> kTable[] = {
      {"auto", CameraMemory::automatic},  {"mmap", CameraMemory::mmap},
      {"dma-buf", CameraMemory::dma_buf}, {"userptr", CameraMemory::userptr},
      {"copy", CameraMemory::copy},
  };
  return one_of(kTable, "camera memory", text);
}

Result<Access> parse_access(std::string_view text) {
  static constexpr std::pair<const char*, Access> kTable[] = {{"read", Access::read},
                                                              {"read_write", Access::read_write}};
  return one_of(kTable, "access", text);
}

Result<void> check_timeout(double seconds) {
  if (!std::isnan(seconds)) return {};
  return refuse("Invalid timeout (expected a number of seconds)", "nan");
}

Result<CodecBackend> parse_backend(std::string_view text) {
  static constexpr std::pair<const char*, CodecBackend> kTable[] = {
      {"auto", CodecBackend::automatic},
      {"v4l2", CodecBackend::v4l2},
      {"hantro", CodecBackend::hantro},
      {"software", CodecBackend::software}};
  return one_of(kTable, "backend", lower(text));
}

Result<void> check_picture(Fourcc format, Resolution size) {
  constexpr Resolution kAnySize{64, 64};
  if (!Layout::packed(format, kAnySize.width_px, kAnySize.height_px)) {
    return refuse("Unknown pixel format (as NV12, I420, YUYV or RGB3)", format.to_string());
  }
  const std::string text = std::to_string(size.width_px) + "x" + std::to_string(size.height_px);
  if (!Layout::packed(format, size.width_px, size.height_px)) {
    return refuse("Resolution is too large", text);
  }
  return {};
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  const auto mode = whole_number<std::uint32_t>(text, 8);
  if (!mode || *mode > 0777) return refuse("Invalid socket mode (octal, as 660)", text);
  return *mode;
}

}  // namespace vsl::command
