// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "avformat/av_error.hpp"
#include "avformat/new_file.hpp"
#include "avformat/recorder.hpp"

namespace vsl::avformat {
namespace {

struct CloseInput {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
struct CloseOutput {
  void operator()(AVFormatContext* context) const {
    avio_closep(&context->pb);
    avformat_free_context(context);
  }
};
struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using Input = std::unique_ptr<AVFormatContext, CloseInput>;
using Output = std::unique_ptr<AVFormatContext, CloseOutput>;

/// The rewriting of one file: its packets as they are, its track's clock as it is.
class Rewriter {
 public:
  Rewriter(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}

  Result<void> run() {
    VSL_CHECK(open_input());
    VSL_CHECK(open_output());
    VSL_CHECK(copy());
    if (const int code = av_write_trailer(output_.get()); code < 0) return failure(code);
    if (const int code = avio_closep(&output_->pb); code < 0) return failure(code);
    return {};
  }

 private:
  Error failure(int code) const {
    return av_failure(code, "put the index of " + from_ +
                                " in front (the file stays as it is, fragmented and playable)");
  }

  Result<void> open_input() {
    AVFormatContext* context = nullptr;
    const std::string url = "file:" + from_;
    if (const int code = avformat_open_input(&context, url.c_str(), nullptr, nullptr); code < 0) {
      return failure(code);
    }
    input_.reset(context);
    return context->nb_streams == 1 ? Result<void>() : failure(AVERROR_INVALIDDATA);
  }

  Result<void> open_output() {
    AVFormatContext* context = nullptr;
    const std::string url = "file:" + to_;
    if (const int code = avformat_alloc_output_context2(&context, nullptr, "mp4", url.c_str());
        code < 0) {
      return failure(code);
    }
    output_.reset(context);
    const AVStream& from = *input_->streams[0];
    AVStream* stream = avformat_new_stream(context, nullptr);
    if (stream == nullptr) return failure(AVERROR(ENOMEM));
    if (const int code = avcodec_parameters_copy(stream->codecpar, from.codecpar); code < 0) {
      return failure(code);
    }
    stream->time_base = from.time_base;
    stream->avg_frame_rate = from.avg_frame_rate;
    if (const int code = avio_open(&context->pb, url.c_str(), AVIO_FLAG_WRITE); code < 0) {
      return failure(code);
    }
    AVDictionary* options = nullptr;
    av_dict_set(&options, "movflags", "+faststart", 0);
    const int code = avformat_write_header(context, &options);
    av_dict_free(&options);
    return code < 0 ? failure(code) : Result<void>();
  }

  Result<void> copy() {
    const std::unique_ptr<AVPacket, FreePacket> packet(av_packet_alloc());
    if (packet == nullptr) return failure(AVERROR(ENOMEM));
    for (;;) {
      int code = av_read_frame(input_.get(), packet.get());
      if (code == AVERROR_EOF) return {};
      if (code < 0) return failure(code);
      packet->pos = -1;
      // Only that of the last one counts, and the demuxer takes it from the stream's own rate.
      if (last_dts_) packet->duration = packet->dts - *last_dts_;
      last_dts_ = packet->dts;
      av_packet_rescale_ts(packet.get(), input_->streams[0]->time_base,
                           output_->streams[0]->time_base);
      code = av_write_frame(output_.get(), packet.get());
      av_packet_unref(packet.get());
      if (code < 0) return failure(code);
    }
  }

  std::string from_, to_;
  Input input_;
  Output output_;
  std::optional<std::int64_t> last_dts_;
};

}  // namespace

Result<void> make_faststart(const std::string& path) {
  VSL_TRY(NewFile part, NewFile::create(path));
  VSL_CHECK(Rewriter(path, part.temporary_path()).run());
  return part.commit();
}

}  // namespace vsl::avformat
