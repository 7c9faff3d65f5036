// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "colors.hpp"

#include <algorithm>
#include <array>

namespace vsl::gst {
namespace {

// In the order of chroma_sample_loc_type (H.273 § 8.7): left, centre, top left, top, bottom left,
// bottom.
constexpr auto kSites = std::to_array<int>({
    GST_VIDEO_CHROMA_SITE_H_COSITED,
    GST_VIDEO_CHROMA_SITE_NONE,
    GST_VIDEO_CHROMA_SITE_COSITED,
    GST_VIDEO_CHROMA_SITE_V_COSITED,
    GST_VIDEO_CHROMA_SITE_H_COSITED | GST_VIDEO_CHROMA_SITE_ALT_LINE,
    GST_VIDEO_CHROMA_SITE_ALT_LINE,
});

}  // namespace

Colorimetry colors_of(const GstVideoInfo& video, bool has_colorimetry, bool has_chroma_site) {
  Colorimetry color;
  if (has_colorimetry) {
    color.primaries =
        static_cast<std::uint8_t>(gst_video_color_primaries_to_iso(video.colorimetry.primaries));
    color.transfer =
        static_cast<std::uint8_t>(gst_video_transfer_function_to_iso(video.colorimetry.transfer));
    color.matrix =
        static_cast<std::uint8_t>(gst_video_color_matrix_to_iso(video.colorimetry.matrix));
    color.range = video.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235  ? 1
                  : video.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255 ? 2
                                                                           : 0;
  }
  if (has_chroma_site) {
    const auto site = std::find(kSites.begin(), kSites.end(), static_cast<int>(video.chroma_site));
    if (site != kSites.end()) {
      color.chroma_site = static_cast<std::uint8_t>(site - kSites.begin() + 1);
    }
  }
  return color;
}

void set_colors(GstVideoInfo& video, const Colorimetry& color) {
  video.colorimetry.primaries = gst_video_color_primaries_from_iso(color.primaries);
  video.colorimetry.transfer = gst_video_transfer_function_from_iso(color.transfer);
  video.colorimetry.matrix = gst_video_color_matrix_from_iso(color.matrix);
  video.colorimetry.range = color.range == 1   ? GST_VIDEO_COLOR_RANGE_16_235
                            : color.range == 2 ? GST_VIDEO_COLOR_RANGE_0_255
                                               : GST_VIDEO_COLOR_RANGE_UNKNOWN;
  video.chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
  if (color.chroma_site >= 1 && color.chroma_site <= kSites.size()) {
    video.chroma_site = static_cast<GstVideoChromaSite>(kSites[color.chroma_site - 1U]);
  }
}

}  // namespace vsl::gst
