// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "formats.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "caps_text.hpp"
#include "colors.hpp"
#include "drm_caps.hpp"

namespace vsl::gst {
namespace {

struct RawFormat {
  GstVideoFormat format;
  Fourcc fourcc;
};

// The first code of a format is the one that is posted.
constexpr auto kRaw = std::to_array<RawFormat>({
    {GST_VIDEO_FORMAT_NV12, fourcc("NV12")},      {GST_VIDEO_FORMAT_YV12, fourcc("YV12")},
    {GST_VIDEO_FORMAT_I420, fourcc("I420")},      {GST_VIDEO_FORMAT_I420, fourcc("YU12")},
    {GST_VIDEO_FORMAT_YUY2, fourcc("YUY2")},      {GST_VIDEO_FORMAT_YUY2, fourcc("YUYV")},
    {GST_VIDEO_FORMAT_UYVY, fourcc("UYVY")},      {GST_VIDEO_FORMAT_YVYU, fourcc("YVYU")},
    {GST_VIDEO_FORMAT_VYUY, fourcc("VYUY")},      {GST_VIDEO_FORMAT_RGBA, fourcc("RGBA")},
    {GST_VIDEO_FORMAT_RGBA, fourcc("AB24")},      {GST_VIDEO_FORMAT_RGBx, fourcc("RGBX")},
    {GST_VIDEO_FORMAT_RGBx, fourcc("RGBx")},      {GST_VIDEO_FORMAT_RGBx, fourcc("XB24")},
    {GST_VIDEO_FORMAT_RGB, fourcc("RGB3")},       {GST_VIDEO_FORMAT_RGB, fourcc("BG24")},
    {GST_VIDEO_FORMAT_BGRA, fourcc("BGRA")},      {GST_VIDEO_FORMAT_BGRA, fourcc("AR24")},
    {GST_VIDEO_FORMAT_BGRx, fourcc("BGRX")},      {GST_VIDEO_FORMAT_BGRx, fourcc("BGRx")},
    {GST_VIDEO_FORMAT_BGRx, fourcc("XR24")},      {GST_VIDEO_FORMAT_BGRx, fourcc("BGR4")},
    {GST_VIDEO_FORMAT_BGR, fourcc("BGR3")},       {GST_VIDEO_FORMAT_BGR, fourcc("RG24")},
    {GST_VIDEO_FORMAT_xRGB, fourcc("xRGB")},      {GST_VIDEO_FORMAT_xRGB, fourcc("RGB4")},
    {GST_VIDEO_FORMAT_xRGB, fourcc("BX24")},      {GST_VIDEO_FORMAT_xBGR, fourcc("xBGR")},
    {GST_VIDEO_FORMAT_xBGR, fourcc("RX24")},      {GST_VIDEO_FORMAT_ARGB, fourcc("ARGB")},
    {GST_VIDEO_FORMAT_ARGB, fourcc("BA24")},      {GST_VIDEO_FORMAT_ABGR, fourcc("ABGR")},
    {GST_VIDEO_FORMAT_ABGR, fourcc("RA24")},      {GST_VIDEO_FORMAT_NV16, fourcc("NV16")},
    {GST_VIDEO_FORMAT_NV21, fourcc("NV21")},      {GST_VIDEO_FORMAT_NV61, fourcc("NV61")},
    {GST_VIDEO_FORMAT_NV24, fourcc("NV24")},      {GST_VIDEO_FORMAT_GRAY8, fourcc("GREY")},
    {GST_VIDEO_FORMAT_GRAY8, fourcc("Y800")},     {GST_VIDEO_FORMAT_GRAY8, fourcc("R8  ")},
    {GST_VIDEO_FORMAT_GRAY16_LE, fourcc("Y16 ")}, {GST_VIDEO_FORMAT_Y42B, fourcc("Y42B")},
    {GST_VIDEO_FORMAT_Y42B, fourcc("422P")},      {GST_VIDEO_FORMAT_Y42B, fourcc("YU16")},
    {GST_VIDEO_FORMAT_Y444, fourcc("YU24")},      {GST_VIDEO_FORMAT_P010_10LE, fourcc("P010")},
    {GST_VIDEO_FORMAT_RGB16, fourcc("RGBP")},     {GST_VIDEO_FORMAT_RGB16, fourcc("RG16")},
    {GST_VIDEO_FORMAT_BGR16, fourcc("BG16")},
});

/// Names of caps video/x-bayer. GStreamer 1.22 has none for more than 8 bits.
struct BayerFormat {
  const char* name;
  Fourcc fourcc;
};

constexpr auto kBayer = std::to_array<BayerFormat>({{"bggr", fourcc("BA81")},
                                                    {"gbrg", fourcc("GBRG")},
                                                    {"grbg", fourcc("GRBG")},
                                                    {"rggb", fourcc("RGGB")}});

// Rows of one byte a pixel, padded to four, are those of grey to GStreamer.
constexpr GstVideoFormat kLayoutOfBayer = GST_VIDEO_FORMAT_GRAY8;

const BayerFormat* bayer_of(Fourcc fourcc) {
  const auto found =
      std::find_if(kBayer.begin(), kBayer.end(), [&](auto& entry) { return entry.fourcc == fourcc; });
  return found != kBayer.end() ? &*found : nullptr;
}

struct CodedFormat {
  Fourcc fourcc;
  const char* media_type;
  const char* fields;  ///< that the caps must have; each frame is one access unit
};

constexpr const char* kAccessUnits = ", stream-format=(string)byte-stream, alignment=(string)au";
constexpr auto kCoded = std::to_array<CodedFormat>({
    {fourcc("H264"), "video/x-h264", kAccessUnits},
    {fourcc("HEVC"), "video/x-h265", kAccessUnits},
    {fourcc("MJPG"), "image/jpeg", ""},
    {fourcc("JPEG"), "image/jpeg", ""},
});

const CodedFormat* coded_of(Fourcc fourcc) {
  const auto found =
      std::find_if(kCoded.begin(), kCoded.end(), [&](auto& entry) { return entry.fourcc == fourcc; });
  return found != kCoded.end() ? &*found : nullptr;
}

const CodedFormat* coded_of(const GstStructure* caps) {
  const auto found = std::find_if(kCoded.begin(), kCoded.end(), [&](auto& entry) {
    return gst_structure_has_name(caps, entry.media_type) != FALSE;
  });
  return found != kCoded.end() ? &*found : nullptr;
}

constexpr const char* kSizeAndRate =
    ", width=(int)[1,65535], height=(int)[1,65535], framerate=(fraction)[0/1,max]";

std::string bayer_fields() {
  std::string names;
  for (const BayerFormat& entry : kBayer) names += std::string(names.empty() ? " " : ", ") + entry.name;
  return ", format=(string){" + names + " }" + kSizeAndRate;
}

std::string raw_fields() {
  std::string names;
  for (const RawFormat& entry : kRaw) {
    const std::string name = gst_video_format_to_string(entry.format);
    if (names.find(' ' + name + ',') == std::string::npos) names += ' ' + name + ',';
  }
  names.pop_back();
  return ", format=(string){" + names + " }" + kSizeAndRate;
}

Error unsupported(const GstCaps* caps) {
  const Ref<gchar> text(gst_caps_to_string(caps));
  return Error::of(std::errc::not_supported, std::string("carry ") + text.get());
}

Result<StreamFormat> parse_coded(GstCaps* caps) {
  const GstStructure* fields = gst_caps_get_structure(caps, 0);
  const CodedFormat* coded = coded_of(fields);
  if (coded == nullptr) return unsupported(caps);
  StreamFormat format{.fourcc = coded->fourcc, .coded = true};
  gst_video_info_init(&format.video);
  gst_structure_get_int(fields, "width", &format.video.width);
  gst_structure_get_int(fields, "height", &format.video.height);
  gst_structure_get_fraction(fields, "framerate", &format.video.fps_n, &format.video.fps_d);
  format.more_caps = more_caps_of(caps);
  return format;
}

Result<StreamFormat> parse_bayer(GstCaps* caps) {
  const GstStructure* fields = gst_caps_get_structure(caps, 0);
  const gchar* name = gst_structure_get_string(fields, "format");
  const auto found = std::find_if(kBayer.begin(), kBayer.end(), [&](auto& entry) {
    return name != nullptr && std::string_view(name) == entry.name;
  });
  gint width = 0, height = 0;
  gst_structure_get_int(fields, "width", &width);
  gst_structure_get_int(fields, "height", &height);
  StreamFormat format;
  if (found == kBayer.end() || width <= 0 || height <= 0 ||
      gst_video_info_set_format(&format.video, kLayoutOfBayer, static_cast<guint>(width),
                                static_cast<guint>(height)) == FALSE) {
    return unsupported(caps);
  }
  format.fourcc = found->fourcc;
  gst_structure_get_fraction(fields, "framerate", &format.video.fps_n, &format.video.fps_d);
  format.more_caps = more_caps_of(caps);
  return format;
}

Ref<GstCaps> bayer_caps(const BayerFormat& bayer, const FrameInfo& frame) {
  return Ref<GstCaps>(gst_caps_new_simple(
      "video/x-bayer", "format", G_TYPE_STRING, bayer.name, "width", G_TYPE_INT,
      static_cast<gint>(frame.layout.width_px), "height", G_TYPE_INT,
      static_cast<gint>(frame.layout.height_px), nullptr));
}

Result<Ref<GstCaps>> coded_caps(const CodedFormat& coded, const FrameInfo& frame) {
  Ref<GstCaps> caps(gst_caps_from_string((std::string(coded.media_type) + coded.fields).c_str()));
  if (frame.layout.width_px != 0 && frame.layout.height_px != 0) {
    gst_caps_set_simple(caps.get(), "width", G_TYPE_INT, static_cast<gint>(frame.layout.width_px),
                        "height", G_TYPE_INT, static_cast<gint>(frame.layout.height_px), nullptr);
  }
  return caps;
}

Result<Ref<GstCaps>> raw_caps(GstVideoFormat format, const FrameInfo& frame) {
  GstVideoInfo video;
  if (gst_video_info_set_format(&video, format, frame.layout.width_px, frame.layout.height_px) ==
      FALSE) {
    return Error::of(std::errc::not_supported,
                     "make caps for " + frame.layout.fourcc.to_string() + " " +
                         std::to_string(frame.layout.width_px) + "x" +
                         std::to_string(frame.layout.height_px));
  }
  const bool says_nothing = frame.color == Colorimetry{};
  // What RGB is when nothing is said, GStreamer knows and elements insist on.
  if (!GST_VIDEO_FORMAT_INFO_IS_RGB(video.finfo) || !says_nothing) set_colors(video, frame.color);
  if (frame.interlace != 0) {
    video.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
    GST_VIDEO_INFO_FIELD_ORDER(&video) = frame.interlace == 1
                                             ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                                             : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  }
  return Ref<GstCaps>(gst_video_info_to_caps(&video));
}

void set_rate(GstCaps* caps, std::int64_t duration_ns) {
  gint n = 0, d = 1;
  if (duration_ns > 0) {
    gst_video_guess_framerate(static_cast<GstClockTime>(duration_ns), &n, &d);
  }
  gst_caps_set_simple(caps, "framerate", GST_TYPE_FRACTION, n, d, nullptr);
}

}  // namespace

Fourcc fourcc_of(GstVideoFormat format) {
  const auto found =
      std::find_if(kRaw.begin(), kRaw.end(), [&](auto& entry) { return entry.format == format; });
  return found != kRaw.end() ? found->fourcc : Fourcc{};
}

GstVideoFormat format_of(Fourcc fourcc) {
  const auto found =
      std::find_if(kRaw.begin(), kRaw.end(), [&](auto& entry) { return entry.fourcc == fourcc; });
  if (found != kRaw.end()) return found->format;
  return bayer_of(fourcc) != nullptr ? kLayoutOfBayer : GST_VIDEO_FORMAT_UNKNOWN;
}

bool is_coded(Fourcc fourcc) { return coded_of(fourcc) != nullptr; }
bool is_bayer(Fourcc fourcc) { return bayer_of(fourcc) != nullptr; }

GstCaps* template_caps() {
  const std::string raw = raw_fields();
  std::string all = "video/x-raw" + raw + "; video/x-raw(memory:DMABuf)" + raw +
                    "; video/x-raw(memory:DMABuf)" + drm_fields() + kSizeAndRate +
                    "; video/x-bayer" + bayer_fields();
  for (std::size_t i = 0; i + 1 < kCoded.size(); ++i) {
    all += std::string("; ") + kCoded[i].media_type + kCoded[i].fields;
  }
  return gst_caps_from_string(all.c_str());
}

Result<StreamFormat> parse_caps(GstCaps* caps) {
  const GstStructure* about = gst_caps_get_structure(caps, 0);
  if (gst_structure_has_name(about, "video/x-bayer") != FALSE) return parse_bayer(caps);
  if (gst_structure_has_name(about, "video/x-raw") == FALSE) {
    return parse_coded(caps);
  }
  if (has_drm_format(caps)) {
    VSL_TRY(const Ref<GstCaps> plain, without_drm_format(caps));
    return parse_caps(plain.get());
  }
  StreamFormat format;
  if (gst_video_info_from_caps(&format.video, caps) == FALSE) return unsupported(caps);
  format.fourcc = fourcc_of(GST_VIDEO_INFO_FORMAT(&format.video));
  if (format.fourcc == Fourcc{}) return unsupported(caps);
  const GstVideoInterlaceMode mode = GST_VIDEO_INFO_INTERLACE_MODE(&format.video);
  if (mode == GST_VIDEO_INTERLACE_MODE_FIELDS || mode == GST_VIDEO_INTERLACE_MODE_ALTERNATE) {
    return unsupported(caps);  // a frame of ours is a whole picture
  }
  if (mode != GST_VIDEO_INTERLACE_MODE_PROGRESSIVE) {
    const bool bottom =
        GST_VIDEO_INFO_FIELD_ORDER(&format.video) == GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
    format.frame.interlace = bottom ? 2 : 1;
  }
  // What GStreamer would guess is left for the reader to guess.
  const GstStructure* fields = gst_caps_get_structure(caps, 0);
  format.frame.color = colors_of(format.video, gst_structure_has_field(fields, "colorimetry") != 0,
                                 gst_structure_has_field(fields, "chroma-site") != 0);
  format.more_caps = more_caps_of(caps);
  return format;
}

Result<Ref<GstCaps>> caps_for(const FrameInfo& frame, const std::string& more_caps) {
  const CodedFormat* coded = coded_of(frame.layout.fourcc);
  const GstVideoFormat format = format_of(frame.layout.fourcc);
  if (coded == nullptr && (format == GST_VIDEO_FORMAT_UNKNOWN || frame.layout.modifier != 0)) {
    return Error::of(std::errc::not_supported,
                     "make caps for " + frame.layout.fourcc.to_string() +
                         (frame.layout.modifier != 0 ? " with a modifier" : ""));
  }
  const BayerFormat* bayer = bayer_of(frame.layout.fourcc);
  FrameInfo shown = frame;
  if (says_mixed(more_caps)) shown.interlace = 0;  // of that frame alone
  VSL_TRY(Ref<GstCaps> caps, bayer != nullptr   ? bayer_caps(*bayer, frame)
                             : coded != nullptr ? coded_caps(*coded, frame)
                                                : raw_caps(format, shown));
  set_rate(caps.get(), frame.times.duration_ns);
  add_more_caps(caps.get(), more_caps);
  return caps;
}

}  // namespace vsl::gst
