// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
}

#include <memory>

namespace vsl::codec::ffmpeg {

struct Free {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVDictionary* dictionary) const { av_dict_free(&dictionary); }
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};

template <class T>
using Owned = std::unique_ptr<T, Free>;

/// Lines about damaged pictures and statistics are for nobody, and what FFmpeg logs for other parts
/// of the program is not ours to change: this context alone is made silent.
inline void silence(AVCodecContext& context) { context.log_level_offset = 2 * AV_LOG_TRACE; }

}  // namespace vsl::codec::ffmpeg
