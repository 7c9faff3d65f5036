// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/ffmpeg/module/picture_buffers.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <array>
#include <new>

#include "codec/ffmpeg/decoded_picture.hpp"

namespace vsl::codec::ffmpeg {
namespace {

// Half of it is left for the rows of subsampled chroma, which is what vector code wants at most.
constexpr std::size_t kStrideAlign = 128;
// Vector code reads beyond the last row; FFmpeg's own pictures have as much.
constexpr std::size_t kTailBytes = 128;

void free_block(void* opaque, std::uint8_t*) {
  const std::unique_ptr<PictureBlock> block(static_cast<PictureBlock*>(opaque));
  block->memory->give_back(block->block.token);
}

struct Geometry {
  std::array<int, 4> strides{};
  std::array<std::size_t, 4> sizes{};
  std::size_t bytes = 0;
};

int geometry_of(AVPixelFormat format, int width, int height, Geometry& geometry) {
  // Chroma keeps its share of the luma's stride, as some code in FFmpeg expects.
  const int aligned = static_cast<int>(FFALIGN(static_cast<std::size_t>(width), kStrideAlign));
  int code = av_image_fill_linesizes(geometry.strides.data(), format, aligned);
  if (code < 0) return code;
  std::array<std::ptrdiff_t, 4> strides{};
  for (std::size_t i = 0; i < strides.size(); ++i) strides[i] = geometry.strides[i];
  code = av_image_fill_plane_sizes(geometry.sizes.data(), format, height, strides.data());
  if (code < 0) return code;
  for (const std::size_t bytes : geometry.sizes) geometry.bytes += bytes;
  geometry.bytes += kTailBytes;
  return 0;
}

}  // namespace

int allocate_picture(const std::shared_ptr<software::PictureMemory>& memory, AVFrame& frame,
                     int coded_width, int coded_height) {
  Geometry geometry;
  const auto format = static_cast<AVPixelFormat>(frame.format);
  if (const int code = geometry_of(format, coded_width, coded_height, geometry); code < 0) {
    return code;
  }
  auto block = memory->take(geometry.bytes);
  if (!block) return AVERROR(block.error().to_errno());
  auto* data = reinterpret_cast<std::uint8_t*>(block->data);
  auto* owner = new (std::nothrow) PictureBlock{memory, *block, geometry.bytes};
  frame.buf[0] =
      owner != nullptr ? av_buffer_create(data, geometry.bytes, free_block, owner, 0) : nullptr;
  if (frame.buf[0] == nullptr) {
    delete owner;
    memory->give_back(block->token);
    return AVERROR(ENOMEM);
  }
  for (std::size_t i = 0; i < geometry.sizes.size() && geometry.sizes[i] > 0; ++i) {
    frame.data[i] = data;
    frame.linesize[i] = geometry.strides[i];
    data += geometry.sizes[i];
  }
  frame.extended_data = frame.data;
  return 0;
}

int get_picture_buffer(AVCodecContext* context, AVFrame* frame, int flags) {
  const bool direct = (context->codec->capabilities & AV_CODEC_CAP_DR1) != 0;
  if (!direct || fourcc_of(frame->format) == Fourcc{}) {
    return avcodec_default_get_buffer2(context, frame, flags);
  }
  int width = frame->width, height = frame->height;
  std::array<int, AV_NUM_DATA_POINTERS> aligns{};
  avcodec_align_dimensions2(context, &width, &height, aligns.data());
  const auto& memory =
      *static_cast<const std::shared_ptr<software::PictureMemory>*>(context->opaque);
  return allocate_picture(memory, *frame, width, height);
}

const PictureBlock* block_of(const AVFrame& frame) {
  const AVBufferRef* buffer = frame.buf[0];
  if (buffer == nullptr || fourcc_of(frame.format) == Fourcc{}) return nullptr;
  return static_cast<const PictureBlock*>(av_buffer_get_opaque(buffer));
}

}  // namespace vsl::codec::ffmpeg
