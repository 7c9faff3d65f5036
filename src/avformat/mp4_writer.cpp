// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/mp4_writer.hpp"

extern "C" {
#include <libavformat/avformat.h>
}

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "avformat/av_error.hpp"

namespace vsl::avformat {
struct Mp4Writer::Impl {
  std::string path;
  AVFormatContext* context = nullptr;
  AVStream* stream = nullptr;  // the context's
  AVPacket* packet = av_packet_alloc();
  AVRational picture{1, 30};  // the unit of Sample's times, s

  ~Impl() {
    av_packet_free(&packet);
    if (context != nullptr) avio_closep(&context->pb);
    avformat_free_context(context);
  }
};

Mp4Writer::Mp4Writer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Mp4Writer::Mp4Writer(Mp4Writer&&) noexcept = default;
Mp4Writer& Mp4Writer::operator=(Mp4Writer&&) noexcept = default;
Mp4Writer::~Mp4Writer() = default;

Result<Mp4Writer> Mp4Writer::open(const NewFile& file, const VideoTrack& track) {
  av_log_set_level(AV_LOG_FATAL);  // what fails is told by our caller, once
  auto impl = std::make_unique<Impl>();
  impl->path = file.path();
  const std::string url = "file:" + file.temporary_path();  // a colon in it makes it no URL
  const std::string what = "set up the MP4 file " + impl->path;
  if (const int code = avformat_alloc_output_context2(&impl->context, nullptr, "mp4", url.c_str());
      code < 0) {
    return av_failure(code, what);
  }
  impl->stream = avformat_new_stream(impl->context, nullptr);
  if (impl->stream == nullptr || impl->packet == nullptr) return av_failure(AVERROR(ENOMEM), what);
  VSL_CHECK(set_parameters(*impl->stream->codecpar, track));
  // The track's own clock then counts pictures exactly: 30000/1001 stays what it is.
  impl->picture = {static_cast<int>(track.rate_denominator),
                   static_cast<int>(track.rate_numerator)};
  impl->stream->time_base = impl->picture;
  impl->stream->avg_frame_rate = av_inv_q(impl->picture);
  if (const int code = avio_open(&impl->context->pb, url.c_str(), AVIO_FLAG_WRITE); code < 0) {
    return av_failure(code, "open output file " + impl->path);
  }
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "+faststart", 0);
  const int code = avformat_write_header(impl->context, &options);
  av_dict_free(&options);
  if (code < 0) return av_failure(code, what);
  return Mp4Writer(std::move(impl));
}

Result<void> Mp4Writer::write(const Sample& sample) {
  const std::string what = "write a picture to " + impl_->path;
  if (sample.bytes.size() >
      static_cast<std::size_t>(std::numeric_limits<int>::max()) - AV_INPUT_BUFFER_PADDING_SIZE) {
    return Error::of(std::errc::file_too_large, what);
  }
  AVPacket& packet = *impl_->packet;
  if (const int code = av_new_packet(&packet, static_cast<int>(sample.bytes.size())); code < 0) {
    return av_failure(code, what);
  }
  std::memcpy(packet.data, sample.bytes.data(), sample.bytes.size());
  packet.pts = sample.shown;
  packet.dts = sample.decoded;
  packet.duration = 1;
  packet.flags = sample.key ? AV_PKT_FLAG_KEY : 0;
  packet.stream_index = 0;
  av_packet_rescale_ts(&packet, impl_->picture, impl_->stream->time_base);
  const int code = av_write_frame(impl_->context, &packet);
  av_packet_unref(&packet);
  if (code < 0) return av_failure(code, what);
  return {};
}

Result<void> Mp4Writer::finish() {
  if (const int code = av_write_trailer(impl_->context); code < 0) {
    return av_failure(code, "write the index of " + impl_->path);
  }
  if (const int code = avio_closep(&impl_->context->pb); code < 0) {
    return av_failure(code, "close " + impl_->path);
  }
  return {};
}

}  // namespace vsl::avformat
