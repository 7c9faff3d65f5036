// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/demuxer.hpp"

extern "C" {
#include <libavformat/avformat.h>
}

#include <utility>

namespace vsl::avformat {
namespace {

// FFmpeg hands out negated errnos and codes of its own, which start above any errno.
Error av_failure(int code, std::string where) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  if (AVUNERROR(code) > 0 && AVUNERROR(code) < 4096) {
    return Error::from_errno(AVUNERROR(code), std::move(where));
  }
  return Error::of(std::errc::not_supported, where + " (" + text + ")");
}

}  // namespace

struct Demuxer::Impl {
  std::string path;
  AVFormatContext* context = nullptr;
  AVPacket* packet = av_packet_alloc();
  int stream_index = -1;
  VideoStream video;

  ~Impl() {
    av_packet_free(&packet);
    avformat_close_input(&context);
  }
};

Demuxer::Demuxer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Demuxer::Demuxer(Demuxer&&) noexcept = default;
Demuxer& Demuxer::operator=(Demuxer&&) noexcept = default;
Demuxer::~Demuxer() = default;

Result<Demuxer> Demuxer::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  // The file protocol by name: a path with a colon in it is no URL.
  const std::string url = "file:" + path;
  if (const int code = avformat_open_input(&impl->context, url.c_str(), nullptr, nullptr);
      code < 0) {
    return av_failure(code, "open video file " + path);
  }
  if (const int code = avformat_find_stream_info(impl->context, nullptr); code < 0) {
    return av_failure(code, "look for streams in " + path);
  }
  const int index = av_find_best_stream(impl->context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) return Error::of(std::errc::not_supported, "find video in " + path);
  for (unsigned i = 0; i < impl->context->nb_streams; ++i) {
    if (static_cast<int>(i) != index) impl->context->streams[i]->discard = AVDISCARD_ALL;
  }
  impl->stream_index = index;
  AVStream* stream = impl->context->streams[index];
  const AVRational rate = av_guess_frame_rate(impl->context, stream, nullptr);
  impl->video = {stream->codecpar,
                 static_cast<std::uint32_t>(stream->codecpar->width),
                 static_cast<std::uint32_t>(stream->codecpar->height),
                 stream->time_base.num,
                 stream->time_base.den,
                 rate.num,
                 rate.den == 0 ? 1 : rate.den};
  return Demuxer(std::move(impl));
}

const VideoStream& Demuxer::video() const noexcept { return impl_->video; }

Result<const AVPacket*> Demuxer::read() {
  for (;;) {
    av_packet_unref(impl_->packet);
    const int code = av_read_frame(impl_->context, impl_->packet);
    if (code == AVERROR_EOF) return static_cast<const AVPacket*>(nullptr);
    if (code < 0) return av_failure(code, "read video file " + impl_->path);
    if (impl_->packet->stream_index == impl_->stream_index) {
      return static_cast<const AVPacket*>(impl_->packet);
    }
  }
}

}  // namespace vsl::avformat
