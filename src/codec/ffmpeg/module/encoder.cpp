// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/ffmpeg/module/encoder.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "codec/ffmpeg/av_error.hpp"
#include "codec/ffmpeg/module/encoder_settings.hpp"
#include "codec/ffmpeg/module/owned.hpp"
#include "codec/ffmpeg/module/pixel_formats.hpp"

namespace vsl::codec::ffmpeg {
namespace {

bool takes(const AVCodec& codec, AVPixelFormat format) {
  for (const AVPixelFormat* own = codec.pix_fmts; own != nullptr && *own != AV_PIX_FMT_NONE;
       ++own) {
    if (*own == format) return true;
  }
  return false;
}

// What pictures of `input` are given to the encoder as: the same if it can, else 4:2:0 with as many
// bits, unless the profile is one of 8 bits.
AVPixelFormat coded_format(const AVCodec& codec, AVPixelFormat input, const std::string& profile) {
  const bool deep = av_pix_fmt_desc_get(input)->comp[0].depth > 8;
  if (deep && !profile.empty() && profile.find("10") == std::string::npos) {
    return AV_PIX_FMT_YUV420P;
  }
  for (const AVPixelFormat format :
       {input, deep ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P}) {
    if (takes(codec, format)) return format;
  }
  return AV_PIX_FMT_NV12;  // what hardware takes that does not take planes
}

/// Sizes of pictures that an encoder opens for, as tried; FFmpeg passes on no reason of theirs.
struct SizeRange {
  std::string_view encoder;
  std::uint32_t least_px, most_px;
};
constexpr SizeRange kSizeRanges[] = {{"libx264", 2, 16384}, {"libx265", 16, 16384}};

std::string size_text(std::uint32_t width_px, std::uint32_t height_px) {
  return std::to_string(width_px) + "x" + std::to_string(height_px);
}

Result<void> check_size(const AVCodec& codec, AVPixelFormat format, std::uint32_t width_px,
                        std::uint32_t height_px) {
  const AVPixFmtDescriptor& shape = *av_pix_fmt_desc_get(format);
  const auto refuse = [&](const std::string& why) {
    return Error::of(std::errc::invalid_argument, "encode pictures of " +
                                                      size_text(width_px, height_px) + " with " +
                                                      codec.name + ": " + why);
  };
  for (const SizeRange& range : kSizeRanges) {
    if (range.encoder != codec.name) continue;
    const auto [low, high] = std::minmax(width_px, height_px);
    if (low < range.least_px || high > range.most_px) {
      return refuse("it takes from " + size_text(range.least_px, range.least_px) + " to " +
                    size_text(range.most_px, range.most_px));
    }
  }
  const std::uint32_t wide = 1U << shape.log2_chroma_w, high = 1U << shape.log2_chroma_h;
  if (width_px % wide == 0 && height_px % high == 0) return {};
  return refuse("pixels that share their chroma are not to be cut in two: use even sizes, as " +
                size_text(width_px / wide * wide, height_px / high * high));
}

void keep_memory(void*, std::uint8_t*) {}

class FfmpegEncoder final : public software::Encoder {
 public:
  Result<void> open(const software::EncoderSetup& setup);
  Result<void> send(const software::Planes& planes, std::int64_t stamp, bool key_frame) override;
  Result<void> drain() override;
  Result<std::optional<software::CodedPacket>> receive() override;
  const char* name() const override { return codec_->name; }
  std::uint64_t copies() const override { return copies_; }

 private:
  Result<void> open_codec(const software::EncoderSetup& setup, const AVCodec& codec);
  Result<void> point_at(const software::Planes& planes);
  Result<void> convert(const software::Planes& planes);
  Error refused(int code, const software::EncoderSetup& setup) const;

  const AVCodec* codec_ = nullptr;  // a context that failed to open forgets it
  PixelFormat input_;
  int input_planes_ = 0;
  bool direct_ = false;  // the encoder reads the caller's planes
  Owned<AVCodecContext> context_;
  Owned<AVFrame> frame_{av_frame_alloc()};
  Owned<AVPacket> packet_{av_packet_alloc()};
  Owned<SwsContext> scaler_;
  std::uint64_t copies_ = 0;
};

Result<void> FfmpegEncoder::open(const software::EncoderSetup& setup) {
  const std::string name =
      !setup.implementation.empty() ? setup.implementation : usual_encoder(setup.codec);
  const AVCodec* codec = avcodec_find_encoder_by_name(name.c_str());
  const auto id = setup.codec == fourcc("HEVC") ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264;
  if (codec == nullptr || codec->id != id) {
    return Error::of(std::errc::not_supported,
                     "open " + name + ": FFmpeg here has no such encoder for " +
                         avcodec_get_name(id) + " (ffmpeg -encoders lists those it has)");
  }
  input_ = pixel_format_of(setup.format);
  if (input_.format == AV_PIX_FMT_NONE) {
    char text[5] = {};
    for (int i = 0; i < 4; ++i) text[i] = static_cast<char>(setup.format.code >> (8 * i));
    return Error::of(std::errc::not_supported,
                     "encode pictures in " + std::string(text) + " with " + name);
  }
  input_planes_ = av_pix_fmt_count_planes(input_.format);
  return open_codec(setup, *codec);
}

Result<void> FfmpegEncoder::open_codec(const software::EncoderSetup& setup, const AVCodec& codec) {
  const AVPixelFormat format = coded_format(codec, input_.format, setup.profile);
  VSL_CHECK(check_size(codec, format, setup.width_px, setup.height_px));
  codec_ = &codec;
  context_.reset(avcodec_alloc_context3(&codec));
  if (context_ == nullptr || frame_ == nullptr || packet_ == nullptr) {
    return Error::of(std::errc::not_enough_memory, "open an encoder");
  }
  silence(*context_);
  AVDictionary* raw_options = nullptr;
  apply(setup, format, *context_, raw_options);
  const int code = avcodec_open2(context_.get(), &codec, &raw_options);
  const Owned<AVDictionary> rest(raw_options);
  if (code < 0) return refused(code, setup);
  // These two have read a picture when they return; others may keep it.
  const std::string_view name = codec.name;
  direct_ = format == input_.format && (name == "libx264" || name == "libx265");
  return {};
}

Error FfmpegEncoder::refused(int code, const software::EncoderSetup& setup) const {
  const bool hevc = setup.codec == fourcc("HEVC");
  std::string what = std::string("open FFmpeg's encoder ") + name() + " for " +
                     std::to_string(setup.width_px) + "x" + std::to_string(setup.height_px) + " " +
                     av_get_pix_fmt_name(context_->pix_fmt);
  if (!setup.profile.empty()) {
    what += ", profile " + setup.profile +
            (hevc ? " (main and mainstillpicture are possible with 8 bits, main10 with 10)"
                  : " (baseline, main and high are possible with 8-bit 4:2:0, high10 with 10-bit)");
  }
  if (!setup.level.empty()) {
    what += ", level " + setup.level + (hevc ? " (1 to 6.2)" : " (1 to 6.2, 1b)");
  }
  // FFmpeg hands on that a library refused, but not why.
  if (code == AVERROR_EXTERNAL || code == AVERROR_INVALIDDATA) {
    return Error::of(std::errc::not_supported,
                     what + ": " + name() + " refuses that and does not say why");
  }
  return av_failure(code, what);
}

// Lends the caller's planes to the encoder for the one call.
Result<void> FfmpegEncoder::point_at(const software::Planes& planes) {
  av_frame_unref(frame_.get());
  for (int i = 0; i < input_planes_; ++i) {
    const int from = input_.swapped && i > 0 ? 3 - i : i;
    frame_->data[i] = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(planes.data[from]));
    frame_->linesize[i] = static_cast<int>(planes.strides_bytes[from]);
  }
  frame_->extended_data = frame_->data;
  // With a buffer, even one of nothing, FFmpeg takes a reference instead of a copy.
  frame_->buf[0] =
      av_buffer_create(frame_->data[0], 1, keep_memory, nullptr, AV_BUFFER_FLAG_READONLY);
  if (frame_->buf[0] == nullptr) return Error::of(std::errc::not_enough_memory, "encode a picture");
  return {};
}

// The source's own matrix and range are kept: it is told to those who decode.
void keep_color(SwsContext& scaler, const AVCodecContext& context, bool from_rgb) {
  const int matrix = context.colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601;
  const int full = context.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  const int* coefficients = sws_getCoefficients(matrix);
  sws_setColorspaceDetails(&scaler, coefficients, from_rgb ? 1 : full, coefficients, full, 0,
                           1 << 16, 1 << 16);
}

Result<void> FfmpegEncoder::convert(const software::Planes& planes) {
  VSL_CHECK(point_at(planes));
  Owned<AVFrame> source(av_frame_clone(frame_.get()));
  av_frame_unref(frame_.get());
  frame_->format = context_->pix_fmt;
  frame_->width = context_->width;
  frame_->height = context_->height;
  if (const int code = av_frame_get_buffer(frame_.get(), 0); code < 0 || source == nullptr) {
    return av_failure(code < 0 ? code : AVERROR(ENOMEM), "convert a picture to encode");
  }
  if (scaler_ == nullptr) {
    scaler_.reset(sws_getContext(context_->width, context_->height, input_.format, context_->width,
                                 context_->height, context_->pix_fmt, SWS_BILINEAR, nullptr,
                                 nullptr, nullptr));
    if (scaler_ == nullptr) {
      return Error::of(std::errc::not_supported, "convert a picture to encode");
    }
    const auto flags = av_pix_fmt_desc_get(input_.format)->flags;
    keep_color(*scaler_, *context_, (flags & AV_PIX_FMT_FLAG_RGB) != 0);
  }
  sws_scale(scaler_.get(), source->data, source->linesize, 0, context_->height, frame_->data,
            frame_->linesize);
  ++copies_;
  return {};
}

Result<void> FfmpegEncoder::send(const software::Planes& planes, std::int64_t stamp,
                                 bool key_frame) {
  VSL_CHECK(direct_ ? point_at(planes) : convert(planes));
  frame_->format = context_->pix_fmt;
  frame_->width = context_->width;
  frame_->height = context_->height;
  frame_->pts = stamp;
  frame_->pict_type = key_frame ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  const int code = avcodec_send_frame(context_.get(), frame_.get());
  av_frame_unref(frame_.get());
  if (code < 0) return av_failure(code, std::string("encode a picture with ") + name());
  return {};
}

Result<void> FfmpegEncoder::drain() {
  const int code = avcodec_send_frame(context_.get(), nullptr);
  if (code < 0 && code != AVERROR_EOF) {
    return av_failure(code, std::string("drain the encoder ") + name());
  }
  return {};
}

Result<std::optional<software::CodedPacket>> FfmpegEncoder::receive() {
  av_packet_unref(packet_.get());
  const int code = avcodec_receive_packet(context_.get(), packet_.get());
  if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
    return std::optional<software::CodedPacket>();
  }
  if (code < 0) return av_failure(code, std::string("encode with ") + name());
  software::CodedPacket packet;
  packet.bytes = {reinterpret_cast<const std::byte*>(packet_->data),
                  static_cast<std::size_t>(packet_->size)};
  packet.stamp = packet_->pts;
  packet.dts_stamp = packet_->dts != AV_NOPTS_VALUE ? packet_->dts : packet_->pts;
  packet.key_frame = (packet_->flags & AV_PKT_FLAG_KEY) != 0;
  return std::optional(packet);
}

}  // namespace

const char* usual_encoder(Fourcc codec) { return codec == fourcc("HEVC") ? "libx265" : "libx264"; }

Result<std::unique_ptr<software::Encoder>> open_encoder(const software::EncoderSetup& setup) {
  auto encoder = std::make_unique<FfmpegEncoder>();
  VSL_CHECK(encoder->open(setup));
  return std::unique_ptr<software::Encoder>(std::move(encoder));
}

}  // namespace vsl::codec::ffmpeg
