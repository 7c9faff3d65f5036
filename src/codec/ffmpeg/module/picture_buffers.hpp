// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>

#include "codec/ffmpeg/module/owned.hpp"
#include "codec/software/module.hpp"

namespace vsl::codec::ffmpeg {

/// A block of the library's memory that FFmpeg uses as one picture. Behind AVFrame::buf[0].
struct PictureBlock {
  std::shared_ptr<software::PictureMemory> memory;
  software::PictureMemory::Block block;
  std::size_t bytes = 0;
};

/// AVCodecContext::get_buffer2: lays pictures into blocks, so that they are decoded where they will
/// be shared. AVCodecContext::opaque points to the std::shared_ptr<PictureMemory>. Called from the
/// decoder's threads.
int get_picture_buffer(AVCodecContext* context, AVFrame* frame, int flags);

/// The block a picture lies in; nullptr when FFmpeg has it in memory of its own.
const PictureBlock* block_of(const AVFrame& frame);

/// Gives a frame, whose format and size are set, a block to lie in. 0 or FFmpeg's error.
int allocate_picture(const std::shared_ptr<software::PictureMemory>& memory, AVFrame& frame,
                     int coded_width, int coded_height);

}  // namespace vsl::codec::ffmpeg
