// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/ffmpeg/png.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <cstring>
#include <memory>

#include "codec/ffmpeg/av_error.hpp"

namespace vsl::codec {
namespace {

struct Free {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

}  // namespace

Result<std::vector<std::uint8_t>> encode_png(std::span<const std::uint8_t> rgb,
                                             std::uint32_t width_px, std::uint32_t height_px) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  if (codec == nullptr) return Error::of(std::errc::not_supported, "find FFmpeg's PNG encoder");
  const std::unique_ptr<AVCodecContext, Free> context(avcodec_alloc_context3(codec));
  context->width = static_cast<int>(width_px);
  context->height = static_cast<int>(height_px);
  context->pix_fmt = AV_PIX_FMT_RGB24;
  context->time_base = {1, 1};
  if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
    return av_failure(code, "open the PNG encoder");
  }
  const std::unique_ptr<AVFrame, Free> frame(av_frame_alloc());
  frame->width = context->width;
  frame->height = context->height;
  frame->format = context->pix_fmt;
  if (const int code = av_frame_get_buffer(frame.get(), 0); code < 0) {
    return av_failure(code, "allocate a picture for PNG");
  }
  const std::size_t row_bytes = std::size_t{width_px} * 3;
  for (std::uint32_t row = 0; row < height_px; ++row) {
    std::memcpy(frame->data[0] + static_cast<std::ptrdiff_t>(row) * frame->linesize[0],
                rgb.data() + row * row_bytes, row_bytes);
  }
  const std::unique_ptr<AVPacket, Free> packet(av_packet_alloc());
  int code = avcodec_send_frame(context.get(), frame.get());
  if (code >= 0) code = avcodec_send_frame(context.get(), nullptr);
  if (code >= 0) code = avcodec_receive_packet(context.get(), packet.get());
  if (code < 0) return av_failure(code, "encode PNG");
  return std::vector<std::uint8_t>(packet->data, packet->data + packet->size);
}

}  // namespace vsl::codec
