// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/demuxer.hpp"

extern "C" {
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "avformat/av_error.hpp"
#include "avformat/codec_id.hpp"
#include "avformat/elementary_stream.hpp"

namespace vsl::avformat {
namespace {

// A reason of FFmpeg's own says nothing more than this does.
Error unreadable(int code, const char* attempt, const std::string& path) {
  Error error = av_failure(code, attempt + path);
  if (error.code != std::errc::not_supported) return error;
  if (const auto mp4 = is_mp4(path); mp4 && *mp4) {
    return Error::of(std::errc::not_supported,
                     path +
                         " is an MP4 file without a readable index: it is damaged, or was cut "
                         "off before it was finished");
  }
  return Error::of(std::errc::not_supported, path + " is no video file that FFmpeg can read");
}

PixelAspect pixel_of(AVFormatContext* context, AVStream* stream) {
  const AVRational aspect = av_guess_sample_aspect_ratio(context, stream, nullptr);
  if (aspect.num <= 0 || aspect.den <= 0) return {};
  return {static_cast<std::uint32_t>(aspect.num), static_cast<std::uint32_t>(aspect.den)};
}

int rotation_of(const AVStream* stream) {
  std::array<std::int32_t, 9> matrix{};
  std::size_t bytes = 0;
  const auto* data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
  if (data == nullptr || bytes < sizeof matrix) return 0;
  std::memcpy(matrix.data(), data, sizeof matrix);
  const double left_degrees = av_display_rotation_get(matrix.data());  // NaN: no rotation
  if (!std::isfinite(left_degrees)) return 0;
  return (360 - static_cast<int>(std::lround(left_degrees))) % 360;
}

int bit_depth_of(const AVCodecParameters& parameters) {
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(parameters.format));
  return format == nullptr ? 0 : format->comp[0].depth;
}

void note_chroma(VideoStream& video) {
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(video.parameters->format));
  constexpr std::uint64_t kNoChroma = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL;
  if (format == nullptr || format->nb_components < 3 || (format->flags & kNoChroma) != 0) return;
  video.chroma_shift_x = format->log2_chroma_w;
  video.chroma_shift_y = format->log2_chroma_h;
}

void count_other_tracks(const AVFormatContext& context, VideoStream& video) {
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    const AVMediaType type = context.streams[i]->codecpar->codec_type;
    video.audio_tracks += type == AVMEDIA_TYPE_AUDIO ? 1 : 0;
    video.subtitle_tracks += type == AVMEDIA_TYPE_SUBTITLE ? 1 : 0;
  }
}

}  // namespace

struct Demuxer::Impl {
  std::string path;
  AVFormatContext* context = nullptr;
  AVPacket* packet = av_packet_alloc();
  int stream_index = -1;
  VideoStream video;
  AVBSFContext* annex_b = nullptr;  // packets go through it, if it is there
  std::uint64_t damaged = 0;

  Result<void> open_annex_b() {
    const char* name = video.codec == VideoCodec::hevc ? "hevc_mp4toannexb" : "h264_mp4toannexb";
    const AVBitStreamFilter* filter = av_bsf_get_by_name(name);
    if (filter == nullptr) {
      return Error::of(std::errc::not_supported, std::string("find FFmpeg's filter ") + name);
    }
    int code = av_bsf_alloc(filter, &annex_b);
    if (code >= 0) code = avcodec_parameters_copy(annex_b->par_in, video.parameters);
    if (code >= 0) {
      annex_b->time_base_in = context->streams[stream_index]->time_base;
      code = av_bsf_init(annex_b);
    }
    if (code == AVERROR_INVALIDDATA) {
      return Error::of(std::errc::bad_message,
                       "read the parameter sets of " + path + ": they are damaged");
    }
    if (code < 0) return av_failure(code, "read the parameter sets of " + path);
    return {};
  }

  /// Whether the packet could be brought into Annex B: what cannot be is damaged.
  bool filter_packet() {
    if (annex_b == nullptr) return true;
    if (av_bsf_send_packet(annex_b, packet) >= 0 && av_bsf_receive_packet(annex_b, packet) >= 0) {
      return true;
    }
    av_bsf_flush(annex_b);
    ++damaged;
    return false;
  }

  /// FFmpeg tells a file that was cut off from one that is over by nothing but its index.
  Result<void> check_end() const {
    AVIOContext* io = context->pb;
    if (io != nullptr && io->error < 0 && io->error != AVERROR_EOF) {
      return av_failure(io->error, "read video file " + path);
    }
    const AVStream* stream = context->streams[stream_index];
    std::int64_t end_bytes = 0;
    for (int i = 0; i < avformat_index_get_entries_count(stream); ++i) {
      const AVIndexEntry* entry = avformat_index_get_entry(const_cast<AVStream*>(stream), i);
      if (entry != nullptr) end_bytes = std::max(end_bytes, entry->pos + entry->size);
    }
    const std::int64_t size_bytes = io != nullptr ? avio_size(io) : -1;
    if (size_bytes < 0 || end_bytes <= size_bytes) return {};
    return Error::of(std::errc::bad_message, "the file is cut off: it has " +
                                                 std::to_string(size_bytes) +
                                                 " bytes of at least " + std::to_string(end_bytes));
  }

  ~Impl() {
    av_bsf_free(&annex_b);
    av_packet_free(&packet);
    avformat_close_input(&context);
  }
};

Demuxer::Demuxer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Demuxer::Demuxer(Demuxer&&) noexcept = default;
Demuxer& Demuxer::operator=(Demuxer&&) noexcept = default;
Demuxer::~Demuxer() = default;

Result<Demuxer> Demuxer::open(const std::string& path, Packets packets) {
  av_log_set_level(AV_LOG_FATAL);  // what fails is told by our caller, once
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  // The file protocol by name: a path with a colon in it is no URL.
  const std::string url = "file:" + path;
  if (const int code = avformat_open_input(&impl->context, url.c_str(), nullptr, nullptr);
      code < 0) {
    return unreadable(code, "open video file ", path);
  }
  if (const int code = avformat_find_stream_info(impl->context, nullptr); code < 0) {
    return unreadable(code, "look for streams in ", path);
  }
  const int index = av_find_best_stream(impl->context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) return Error::of(std::errc::not_supported, "there is no video in " + path);
  for (unsigned i = 0; i < impl->context->nb_streams; ++i) {
    if (static_cast<int>(i) != index) impl->context->streams[i]->discard = AVDISCARD_ALL;
  }
  impl->stream_index = index;
  AVStream* stream = impl->context->streams[index];
  const AVRational rate = av_guess_frame_rate(impl->context, stream, nullptr);
  impl->video = {stream->codecpar,
                 video_codec_of(stream->codecpar->codec_id),
                 static_cast<std::uint32_t>(stream->codecpar->width),
                 static_cast<std::uint32_t>(stream->codecpar->height),
                 stream->time_base.num,
                 stream->time_base.den,
                 rate.num,
                 rate.den == 0 ? 1 : rate.den,
                 pixel_of(impl->context, stream),
                 rotation_of(stream),
                 bit_depth_of(*stream->codecpar)};
  note_chroma(impl->video);
  count_other_tracks(*impl->context, impl->video);
  if (packets == Packets::annex_b && impl->video.codec) {
    VSL_CHECK(impl->open_annex_b());
  }
  return Demuxer(std::move(impl));
}

const VideoStream& Demuxer::video() const noexcept { return impl_->video; }

Result<const AVPacket*> Demuxer::read() {
  for (;;) {
    av_packet_unref(impl_->packet);
    const int code = av_read_frame(impl_->context, impl_->packet);
    if (code == AVERROR_EOF) {
      VSL_CHECK(impl_->check_end());
      return static_cast<const AVPacket*>(nullptr);
    }
    if (code < 0) return av_failure(code, "read video file " + impl_->path);
    if (impl_->packet->stream_index == impl_->stream_index && impl_->filter_packet()) {
      return static_cast<const AVPacket*>(impl_->packet);
    }
  }
}

std::int64_t Demuxer::ns_of(std::int64_t stamp) const {
  const AVRational base{impl_->video.time_base_numerator, impl_->video.time_base_denominator};
  return av_rescale_q(stamp, base, AVRational{1, 1'000'000'000});
}

Sample Demuxer::describe(const AVPacket& packet) const {
  Sample sample;
  sample.bytes = {reinterpret_cast<const std::byte*>(packet.data),
                  static_cast<std::size_t>(std::max(0, packet.size))};
  if (packet.pts != AV_NOPTS_VALUE) sample.pts_ns = ns_of(packet.pts);
  if (packet.dts != AV_NOPTS_VALUE) sample.dts_ns = ns_of(packet.dts);
  if (packet.duration > 0) sample.duration_ns = ns_of(packet.duration);
  sample.hidden = (packet.flags & AV_PKT_FLAG_DISCARD) != 0;
  return sample;
}

Demuxer::Position Demuxer::position() const noexcept {
  AVIOContext* io = impl_->context->pb;
  if (io == nullptr) return {};
  const auto bytes = [](std::int64_t value) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
  };
  return {bytes(avio_tell(io)), bytes(avio_size(io))};
}

std::uint64_t Demuxer::damaged() const noexcept { return impl_->damaged; }

}  // namespace vsl::avformat
