// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/ffmpeg/module/decoder.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <string>
#include <utility>

#include "codec/ffmpeg/av_error.hpp"
#include "codec/ffmpeg/decoded_picture.hpp"
#include "codec/ffmpeg/module/owned.hpp"
#include "codec/ffmpeg/module/picture_buffers.hpp"

namespace vsl::codec::ffmpeg {
namespace {

Layout layout_of(const AVFrame& frame, const PictureBlock& block) {
  Layout layout;
  layout.fourcc = fourcc_of(frame.format);
  layout.width_px = static_cast<std::uint32_t>(frame.width);
  layout.height_px = static_cast<std::uint32_t>(frame.height);
  layout.buffer_count = 1;
  layout.buffer_bytes[0] = block.bytes;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(block.block.data);
  for (std::size_t i = 0; i < kMaxPlanes && frame.data[i] != nullptr; ++i) {
    layout.planes[i] = {static_cast<std::uint64_t>(frame.data[i] - begin),
                        static_cast<std::uint32_t>(frame.linesize[i]), 0};
    ++layout.plane_count;
  }
  return layout;
}

class FfmpegDecoder final : public software::Decoder {
 public:
  explicit FfmpegDecoder(std::shared_ptr<software::PictureMemory> memory)
      : memory_(std::move(memory)) {}

  Result<void> open(const software::DecoderSetup& setup);
  Result<void> send(std::span<const std::byte> unit, std::int64_t stamp) override;
  Result<void> drain() override;
  Result<void> reset() override;
  Result<std::optional<software::DecodedPicture>> receive() override;
  const char* name() const override { return context_->codec->name; }
  std::uint64_t damaged() const override { return damaged_; }
  std::uint64_t copies() const override { return copies_; }

 private:
  AVPixelFormat wanted_format() const;
  Result<void> copy_into_block();
  software::DecodedPicture describe() const;

  std::shared_ptr<software::PictureMemory> memory_;
  Owned<AVFrame> frame_{av_frame_alloc()};
  Owned<AVPacket> packet_{av_packet_alloc()};
  Owned<SwsContext> scaler_;
  Owned<AVCodecContext> context_;  // goes first: its threads use the others
  bool semi_planar_ = false;
  std::uint64_t damaged_ = 0, copies_ = 0;
};

// Full range is told by the picture; the formats that mean it, too, would be converted to limited.
AVPixelFormat without_range(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    default:
      return static_cast<AVPixelFormat>(format);
  }
}

Result<void> FfmpegDecoder::open(const software::DecoderSetup& setup) {
  const auto id = setup.codec == fourcc("HEVC") ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264;
  const bool named = !setup.implementation.empty();
  const AVCodec* codec =
      named ? avcodec_find_decoder_by_name(setup.implementation.c_str()) : avcodec_find_decoder(id);
  if (codec == nullptr || codec->id != id) {
    return Error::of(std::errc::not_supported,
                     "open " + (named ? setup.implementation : "a decoder") +
                         ": FFmpeg here has no such decoder for " + avcodec_get_name(id) +
                         " (ffmpeg -decoders lists those it has)");
  }
  context_.reset(avcodec_alloc_context3(codec));
  if (context_ == nullptr || frame_ == nullptr || packet_ == nullptr) {
    return Error::of(std::errc::not_enough_memory, "open a decoder");
  }
  semi_planar_ = setup.semi_planar;
  silence(*context_);
  context_->opaque = &memory_;
  context_->get_buffer2 = get_picture_buffer;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  context_->thread_safe_callbacks = 1;  // without it FFmpeg 5 decodes one picture at a time
#pragma GCC diagnostic pop
  context_->thread_count = static_cast<int>(setup.threads);  // 0: FFmpeg counts the processors
  // Threads that take a picture each give the first one out when all are at work.
  context_->thread_type = setup.low_latency ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE;
  if (const int code = avcodec_open2(context_.get(), codec, nullptr); code < 0) {
    return av_failure(code, std::string("open FFmpeg's decoder ") + codec->name);
  }
  return {};
}

Result<void> FfmpegDecoder::send(std::span<const std::byte> unit, std::int64_t stamp) {
  if (unit.empty()) return {};  // to FFmpeg it would be the end
  // Not reference-counted: FFmpeg copies it, with the padding it wants.
  packet_->data = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(unit.data()));
  packet_->size = static_cast<int>(unit.size());
  packet_->pts = packet_->dts = stamp;
  const int code = avcodec_send_packet(context_.get(), packet_.get());
  av_packet_unref(packet_.get());
  if (code == AVERROR_INVALIDDATA) {
    ++damaged_;
    return {};
  }
  if (code < 0) return av_failure(code, std::string("decode an access unit with ") + name());
  return {};
}

Result<void> FfmpegDecoder::drain() {
  const int code = avcodec_send_packet(context_.get(), nullptr);
  if (code < 0 && code != AVERROR_EOF && code != AVERROR_INVALIDDATA) {
    return av_failure(code, std::string("drain the decoder ") + name());
  }
  return {};
}

Result<void> FfmpegDecoder::reset() {
  avcodec_flush_buffers(context_.get());
  return {};
}

// Formats that have no fourcc here keep their chroma, and their 10 bits if there is one with them.
AVPixelFormat nearest_format(AVPixelFormat format) {
  const AVPixFmtDescriptor* shape = av_pix_fmt_desc_get(format);
  if (shape == nullptr || (shape->flags & AV_PIX_FMT_FLAG_RGB) != 0) return AV_PIX_FMT_YUV420P;
  if (shape->nb_components == 1) return AV_PIX_FMT_GRAY8;
  if (shape->log2_chroma_h != 0) {
    return shape->comp[0].depth > 8 ? AV_PIX_FMT_P010LE : AV_PIX_FMT_YUV420P;
  }
  return shape->log2_chroma_w != 0 ? AV_PIX_FMT_YUV422P : AV_PIX_FMT_YUV444P;
}

AVPixelFormat FfmpegDecoder::wanted_format() const {
  if (semi_planar_) return AV_PIX_FMT_NV12;
  const AVPixelFormat format = without_range(frame_->format);
  return fourcc_of(format) != Fourcc{} ? format : nearest_format(format);
}

Result<void> FfmpegDecoder::copy_into_block() {
  const AVPixelFormat from = without_range(frame_->format);
  const AVPixelFormat to = wanted_format();
  Owned<AVFrame> copy(av_frame_alloc());
  if (copy == nullptr) return Error::of(std::errc::not_enough_memory, "copy a decoded picture");
  av_frame_copy_props(copy.get(), frame_.get());
  copy->width = frame_->width;
  copy->height = frame_->height;
  copy->format = to;
  if (const int code = allocate_picture(memory_, *copy, copy->width, copy->height); code < 0) {
    return av_failure(code, std::string("take memory for a picture of ") + name());
  }
  SwsContext* scaler =
      sws_getCachedContext(scaler_.release(), frame_->width, frame_->height, from, frame_->width,
                           frame_->height, to, SWS_BILINEAR, nullptr, nullptr, nullptr);
  scaler_.reset(scaler);
  if (scaler == nullptr) {
    const char* format = av_get_pix_fmt_name(from);
    return Error::of(std::errc::not_supported, std::string("convert decoded pixel format ") +
                                                   (format != nullptr ? format : "?"));
  }
  sws_scale(scaler, frame_->data, frame_->linesize, 0, frame_->height, copy->data, copy->linesize);
  frame_ = std::move(copy);
  ++copies_;
  return {};
}

software::DecodedPicture FfmpegDecoder::describe() const {
  const PictureBlock& block = *block_of(*frame_);
  software::DecodedPicture picture;
  picture.token = block.block.token;
  picture.layout = layout_of(*frame_, block);
  picture.color = color_of(*frame_);
  picture.stamp = frame_->pts != AV_NOPTS_VALUE ? frame_->pts : -1;
  if (frame_->interlaced_frame != 0) picture.interlace = frame_->top_field_first != 0 ? 1 : 2;
  picture.flawed = frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0;
  return picture;
}

Result<std::optional<software::DecodedPicture>> FfmpegDecoder::receive() {
  for (;;) {
    av_frame_unref(frame_.get());
    const int code = avcodec_receive_frame(context_.get(), frame_.get());
    if (code == AVERROR_INVALIDDATA) {
      ++damaged_;
      continue;  // of pictures that threads decode each tells of its own damage
    }
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
      return std::optional<software::DecodedPicture>();
    }
    if (code < 0) return av_failure(code, std::string("decode with ") + name());
    break;
  }
  const bool lies_in_block =
      (context_->codec->capabilities & AV_CODEC_CAP_DR1) != 0 && block_of(*frame_) != nullptr;
  const bool as_wanted = fourcc_of(frame_->format) == fourcc_of(wanted_format());
  if (!lies_in_block || !as_wanted) VSL_CHECK(copy_into_block());
  const software::DecodedPicture picture = describe();
  memory_->share(picture.token);  // the decoder may need the picture after its receiver
  av_frame_unref(frame_.get());
  return std::optional(picture);
}

}  // namespace

Result<std::unique_ptr<software::Decoder>> open_decoder(
    const software::DecoderSetup& setup, std::shared_ptr<software::PictureMemory> memory) {
  auto decoder = std::make_unique<FfmpegDecoder>(std::move(memory));
  VSL_CHECK(decoder->open(setup));
  return std::unique_ptr<software::Decoder>(std::move(decoder));
}

}  // namespace vsl::codec::ffmpeg
