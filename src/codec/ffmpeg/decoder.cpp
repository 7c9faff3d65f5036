// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/ffmpeg/decoder.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "codec/ffmpeg/av_error.hpp"
#include "codec/ffmpeg/decoded_picture.hpp"

namespace vsl::codec {

using ffmpeg::color_of;
using ffmpeg::fourcc_of;

namespace {

// "'avc1'", as a file writes it.
std::string tag_of(const AVCodecParameters& parameters) {
  char text[AV_FOURCC_MAX_STRING_SIZE] = {};
  return "'" + std::string(av_fourcc_make_string(text, parameters.codec_tag)) + "'";
}

// FFmpeg's decoders refuse nothing that a whole file says of itself.
Error refused(int code, const AVCodecParameters& parameters, const std::string& name) {
  const std::string described = std::to_string(parameters.width) + "x" +
                                std::to_string(parameters.height) + ", tag " + tag_of(parameters);
  Error error = av_failure(code, "open FFmpeg's decoder " + name + " for " + described);
  if (error.code != std::errc::invalid_argument && error.code != std::errc::not_supported) {
    return error;
  }
  return Error::of(std::errc::bad_message, "FFmpeg's decoder " + name +
                                               " cannot make anything of what the file says of its "
                                               "video (" +
                                               described + "): the file is damaged");
}

}  // namespace

struct FfmpegDecoder::Impl {
  std::string name;
  AVCodecContext* context = nullptr;
  AVFrame* frame = av_frame_alloc();
  AVFrame* converted = av_frame_alloc();  // for pictures that only swscale reads
  SwsContext* scaler = nullptr;
  std::uint64_t damaged = 0;

  ~Impl() {
    sws_freeContext(scaler);
    av_frame_free(&converted);
    av_frame_free(&frame);
    avcodec_free_context(&context);
  }

  Result<const AVFrame*> as_known_format();
};

FfmpegDecoder::FfmpegDecoder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
FfmpegDecoder::FfmpegDecoder(FfmpegDecoder&&) noexcept = default;
FfmpegDecoder& FfmpegDecoder::operator=(FfmpegDecoder&&) noexcept = default;
FfmpegDecoder::~FfmpegDecoder() = default;

Result<FfmpegDecoder> FfmpegDecoder::create(const AVCodecParameters& parameters) {
  av_log_set_level(AV_LOG_FATAL);  // damage is counted; a line per macroblock helps nobody
  auto impl = std::make_unique<Impl>();
  impl->name = avcodec_get_name(parameters.codec_id);
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (parameters.codec_id == AV_CODEC_ID_NONE && parameters.codec_tag == 0) {
    return Error::of(std::errc::bad_message,
                     "the file does not say of which codec its video is: it is damaged");
  }
  if (parameters.codec_id == AV_CODEC_ID_NONE) {
    return Error::of(std::errc::not_supported,
                     "the file calls the codec of its video " + tag_of(parameters) +
                         ", and FFmpeg knows none of that name (or the file is damaged)");
  }
  if (codec == nullptr) {
    return Error::of(std::errc::not_supported, "FFmpeg here has no decoder for " + impl->name);
  }
  impl->context = avcodec_alloc_context3(codec);
  int code = avcodec_parameters_to_context(impl->context, &parameters);
  impl->context->thread_count = 0;  // FFmpeg counts the processors
  if (code >= 0) code = avcodec_open2(impl->context, codec, nullptr);
  if (code < 0) return refused(code, parameters, impl->name);
  return FfmpegDecoder(std::move(impl));
}

Result<void> FfmpegDecoder::send(const AVPacket* packet) {
  const int code = avcodec_send_packet(impl_->context, packet);
  if (code == AVERROR_INVALIDDATA) {
    ++impl_->damaged;
    return {};
  }
  if (code < 0 && code != AVERROR_EOF) return av_failure(code, "decode " + impl_->name);
  return {};
}

Result<const AVFrame*> FfmpegDecoder::Impl::as_known_format() {
  const bool bottom_up = frame->linesize[0] < 0;
  if (fourcc_of(frame->format) != Fourcc{} && !bottom_up) return static_cast<const AVFrame*>(frame);
  const auto format = static_cast<AVPixelFormat>(frame->format);
  scaler =
      sws_getCachedContext(scaler, frame->width, frame->height, format, frame->width, frame->height,
                           AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr);
  if (scaler == nullptr) {
    const char* format_name = av_get_pix_fmt_name(format);
    return Error::of(std::errc::not_supported, std::string("convert decoded pixel format ") +
                                                   (format_name ? format_name : "?"));
  }
  if (converted->width != frame->width || converted->height != frame->height) {
    av_frame_unref(converted);
    converted->format = AV_PIX_FMT_YUV420P;
    converted->width = frame->width;
    converted->height = frame->height;
    if (const int code = av_frame_get_buffer(converted, 0); code < 0) {
      return av_failure(code, "allocate a picture for " + name);
    }
  }
  sws_scale(scaler, frame->data, frame->linesize, 0, frame->height, converted->data,
            converted->linesize);
  return static_cast<const AVFrame*>(converted);
}

Result<std::optional<DecodedPicture>> FfmpegDecoder::receive() {
  const int code = avcodec_receive_frame(impl_->context, impl_->frame);
  if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return std::optional<DecodedPicture>();
  if (code == AVERROR_INVALIDDATA) {
    ++impl_->damaged;
    return std::optional<DecodedPicture>();
  }
  if (code < 0) return av_failure(code, "decode " + impl_->name);
  if (impl_->frame->decode_error_flags != 0) ++impl_->damaged;
  VSL_TRY(const AVFrame* picture, impl_->as_known_format());
  DecodedPicture decoded;
  decoded.fourcc = fourcc_of(picture->format);
  decoded.width_px = static_cast<std::uint32_t>(picture->width);
  decoded.height_px = static_cast<std::uint32_t>(picture->height);
  for (std::size_t i = 0; i < kMaxPlanes; ++i) {
    decoded.planes[i] = picture->data[i];
    decoded.strides_bytes[i] = picture->linesize[i];
  }
  if (impl_->frame->best_effort_timestamp != AV_NOPTS_VALUE) {
    decoded.stamp = impl_->frame->best_effort_timestamp;
  }
  decoded.color = color_of(*impl_->frame);
  return std::optional(decoded);
}

const std::string& FfmpegDecoder::name() const noexcept { return impl_->name; }

std::uint64_t FfmpegDecoder::damaged_packets() const noexcept { return impl_->damaged; }

}  // namespace vsl::codec
