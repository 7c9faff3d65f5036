// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/ffmpeg/module/encoder_settings.hpp"

#include <string>
#include <string_view>

namespace vsl::codec::ffmpeg {
namespace {

using software::EncoderSetup;

bool is_called(const AVCodecContext& context, std::string_view name) {
  return context.codec->name == name;
}

void set(AVDictionary*& options, const char* key, const std::string& value) {
  av_dict_set(&options, key, value.c_str(), 0);
}

void apply_rate(const EncoderSetup& setup, AVCodecContext& context, AVDictionary*& options) {
  if (setup.rate == software::Rate::quantizer) {
    set(options, "qp", std::to_string(setup.qp));
    return;
  }
  context.bit_rate = static_cast<std::int64_t>(setup.bitrate_bps);
  if (setup.rate != software::Rate::constant) return;
  context.rc_max_rate = context.bit_rate;
  context.rc_buffer_size = static_cast<int>(setup.bitrate_bps / 2);  // half a second
}

// Key frames come where they are asked for and nowhere else, and each can be started at: neither
// scene changes nor pictures that refer across a key frame.
void apply_x264(const EncoderSetup& setup, AVDictionary*& options) {
  set(options, "preset", "veryfast");
  if (setup.low_latency) set(options, "tune", "zerolatency");
  set(options, "sc_threshold", "0");
  set(options, "forced-idr", "1");
  if (!setup.level.empty()) set(options, "level", setup.level);
}

void apply_x265(const EncoderSetup& setup, AVDictionary*& options) {
  set(options, "preset", "veryfast");
  if (setup.low_latency) set(options, "tune", "zerolatency");
  set(options, "forced-idr", "1");
  std::string own = "log-level=none:scenecut=0:open-gop=0:keyint=" + std::to_string(setup.gop);
  if (!setup.level.empty()) own += ":level-idc=" + setup.level;
  if (setup.threads > 0) own += ":pools=" + std::to_string(setup.threads);
  set(options, "x265-params", own);
}

/// A frame of another process may say any byte.
template <class Enum>
Enum enumerator(std::uint8_t code, Enum end, Enum unspecified) {
  return code < static_cast<unsigned>(end) ? static_cast<Enum>(code) : unspecified;
}

void apply_color(const Colorimetry& color, AVCodecContext& context) {
  context.color_primaries = enumerator(color.primaries, AVCOL_PRI_NB, AVCOL_PRI_UNSPECIFIED);
  context.color_trc = enumerator(color.transfer, AVCOL_TRC_NB, AVCOL_TRC_UNSPECIFIED);
  context.colorspace = enumerator(color.matrix, AVCOL_SPC_NB, AVCOL_SPC_UNSPECIFIED);
  context.color_range = enumerator(color.range, AVCOL_RANGE_NB, AVCOL_RANGE_UNSPECIFIED);
  context.chroma_sample_location =
      enumerator(color.chroma_site, AVCHROMA_LOC_NB, AVCHROMA_LOC_UNSPECIFIED);
}

}  // namespace

void apply(const EncoderSetup& setup, AVPixelFormat format, AVCodecContext& context,
           AVDictionary*& options) {
  context.width = static_cast<int>(setup.width_px);
  context.height = static_cast<int>(setup.height_px);
  context.pix_fmt = format;
  context.time_base = {static_cast<int>(setup.rate_denominator),
                       static_cast<int>(setup.rate_numerator)};
  context.framerate = {static_cast<int>(setup.rate_numerator),
                       static_cast<int>(setup.rate_denominator)};
  context.gop_size = static_cast<int>(setup.gop);
  context.max_b_frames = static_cast<int>(setup.b_frames);
  context.thread_count = static_cast<int>(setup.threads);
  apply_color(setup.color, context);
  apply_rate(setup, context, options);
  if (!setup.profile.empty()) set(options, "profile", setup.profile);
  if (is_called(context, "libx264")) apply_x264(setup, options);
  if (is_called(context, "libx265")) apply_x265(setup, options);
}

}  // namespace vsl::codec::ffmpeg
