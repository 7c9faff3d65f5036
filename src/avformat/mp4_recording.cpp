// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "avformat/av_error.hpp"
#include "avformat/recording_file.hpp"

namespace vsl::avformat {
namespace {

constexpr std::int64_t kFragmentNs = 500'000'000;
constexpr AVRational kNanosecond{1, 1'000'000'000};

/// Ticks a second of the track's clock: whole ones in a picture of the nominal rate, and at least
/// 90000, which is finer than any camera's jitter matters.
int clock_of(const VideoTrack& track) {
  constexpr std::uint32_t kFinest = 90'000;
  const std::uint32_t rate = std::max<std::uint32_t>(1, track.rate_numerator);
  const std::uint64_t times = rate >= kFinest ? 1 : (kFinest + rate - 1) / rate;
  return static_cast<int>(std::min<std::uint64_t>(rate * times, INT32_MAX));
}

/// The muxer is FFmpeg's; what it makes is gathered and goes into the file fragment by fragment, so
/// that the file never holds a piece of one.
class Mp4Recording final : public RecordingFile {
 public:
  explicit Mp4Recording(OutputFile file) : file_(std::move(file)) {}
  ~Mp4Recording() override;
  Mp4Recording(const Mp4Recording&) = delete;
  Mp4Recording& operator=(const Mp4Recording&) = delete;

  Result<void> open(const VideoTrack& track);
  Result<void> write(const TimedPicture& picture) override;
  Result<void> finish() override;
  Result<void> sync() override;
  std::uint64_t bytes() const override { return file_.bytes() + held_bytes_; }
  std::uint64_t pictures() const override { return pictures_; }

 private:
  static int gather(void* self, std::uint8_t* bytes, int count);
  bool fragment_is_full(const TimedPicture& next) const;
  std::int64_t dts_of(const TimedPicture& picture) const;
  Result<void> hold(const TimedPicture& picture);
  Result<void> hand_over(std::int64_t duration_ticks);
  Result<void> begin_where_it_is_due();
  Result<void> end_fragment();
  Result<void> append_gathered();

  OutputFile file_;
  AVFormatContext* context_ = nullptr;
  AVStream* stream_ = nullptr;  // the context's
  AVPacket* packet_ = av_packet_alloc();
  std::vector<std::byte> gathered_;  // what the muxer wrote since the last append
  std::int64_t picture_ticks_ = 1;
  std::int64_t last_dts_ = INT64_MIN;  // ticks
  bool waiting_ = false;               // the last picture, in packet_: it lasts until the next
  std::int64_t fragment_ns_ = 0;       // dts at which the open fragment began
  std::uint64_t held_ = 0, held_bytes_ = 0;  // pictures of the open fragment
  std::uint64_t pictures_ = 0;               // of those before
  bool header_written_ = false, failed_ = false;
};

Mp4Recording::~Mp4Recording() {
  av_packet_free(&packet_);
  if (context_ == nullptr) return;
  if (context_->pb != nullptr) av_freep(&context_->pb->buffer);
  avio_context_free(&context_->pb);
  avformat_free_context(context_);
}

int Mp4Recording::gather(void* self, std::uint8_t* bytes, int count) {
  auto& gathered = static_cast<Mp4Recording*>(self)->gathered_;
  const auto* from = reinterpret_cast<const std::byte*>(bytes);
  gathered.insert(gathered.end(), from, from + count);
  return count;
}

Result<void> Mp4Recording::open(const VideoTrack& track) {
  av_log_set_level(AV_LOG_FATAL);  // what fails is told by our caller, once
  constexpr std::size_t kBufferBytes = 1 << 16;
  const std::string what = "set up the MP4 file " + file_.path();
  if (const int code = avformat_alloc_output_context2(&context_, nullptr, "mp4", nullptr);
      code < 0) {
    return av_failure(code, what);
  }
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  context_->pb = avio_alloc_context(buffer, kBufferBytes, 1, this, nullptr, gather, nullptr);
  stream_ = avformat_new_stream(context_, nullptr);
  if (context_->pb == nullptr || stream_ == nullptr || packet_ == nullptr) {
    return av_failure(AVERROR(ENOMEM), what);
  }
  context_->pb->seekable = 0;
  VSL_CHECK(set_parameters(*stream_->codecpar, track));
  stream_->time_base = {1, clock_of(track)};
  stream_->avg_frame_rate = {static_cast<int>(track.rate_numerator),
                             static_cast<int>(track.rate_denominator)};
  AVDictionary* options = nullptr;
  // The header waits for the first fragment, since its edit list needs the first stamps.
  av_dict_set(&options, "movflags", "+frag_custom+empty_moov+delay_moov+default_base_moof", 0);
  const int code = avformat_write_header(context_, &options);
  av_dict_free(&options);
  if (code < 0) return av_failure(code, what);
  const AVRational picture{static_cast<int>(track.rate_denominator),
                           static_cast<int>(track.rate_numerator)};
  picture_ticks_ = std::max<std::int64_t>(1, av_rescale_q(1, picture, stream_->time_base));
  return {};
}

bool Mp4Recording::fragment_is_full(const TimedPicture& next) const {
  if (held_ == 0) return false;
  return next.key || next.dts_ns - fragment_ns_ >= kFragmentNs;
}

// Two pictures within a tick, or a source that repeats a stamp, come a tick apart.
std::int64_t Mp4Recording::dts_of(const TimedPicture& picture) const {
  const std::int64_t dts = av_rescale_q(picture.dts_ns, kNanosecond, stream_->time_base);
  return last_dts_ == INT64_MIN ? dts : std::max(dts, last_dts_ + 1);
}

Result<void> Mp4Recording::hold(const TimedPicture& picture) {
  if (picture.bytes.size() >
      static_cast<std::size_t>(std::numeric_limits<int>::max()) - AV_INPUT_BUFFER_PADDING_SIZE) {
    return Error::of(std::errc::file_too_large, "write a picture to " + file_.path());
  }
  if (const int code = av_new_packet(packet_, static_cast<int>(picture.bytes.size())); code < 0) {
    return av_failure(code, "write a picture to " + file_.path());
  }
  std::memcpy(packet_->data, picture.bytes.data(), picture.bytes.size());
  packet_->dts = dts_of(picture);
  packet_->pts = av_rescale_q(picture.pts_ns, kNanosecond, stream_->time_base);
  packet_->pts = std::max(packet_->pts, packet_->dts);
  last_dts_ = packet_->dts;
  waiting_ = true;
  packet_->flags = picture.key ? AV_PKT_FLAG_KEY : 0;
  packet_->stream_index = 0;
  return {};
}

// What the muxer has of a fragment is over: it would begin the next one where the durations of all
// before end, and the last of each was a guess. A pause would be lost.
Result<void> Mp4Recording::begin_where_it_is_due() {
  const int code = av_opt_set(context_->priv_data, "movflags", "+frag_discont", 0);
  if (code < 0) return av_failure(code, "begin a fragment of " + file_.path());
  return {};
}

// Gives the picture that waits to the muxer, now that it is known how long it is shown.
Result<void> Mp4Recording::hand_over(std::int64_t duration_ticks) {
  if (!std::exchange(waiting_, false)) return {};
  packet_->duration = duration_ticks;
  if (held_ == 1 && header_written_) VSL_CHECK(begin_where_it_is_due());
  const int code = av_write_frame(context_, packet_);
  av_packet_unref(packet_);
  if (code < 0) return av_failure(code, "write a picture to " + file_.path());
  return {};
}

Result<void> Mp4Recording::write(const TimedPicture& picture) {
  if (waiting_) VSL_CHECK(hand_over(dts_of(picture) - packet_->dts));
  if (fragment_is_full(picture)) VSL_CHECK(end_fragment());
  if (held_ == 0) fragment_ns_ = picture.dts_ns;
  VSL_CHECK(hold(picture));
  ++held_;
  held_bytes_ += picture.bytes.size();
  // Who looks at a file that is seconds old wants to see something.
  return picture.dts_ns < kFragmentNs ? end_fragment() : Result<void>();
}

Result<void> Mp4Recording::end_fragment() {
  VSL_CHECK(hand_over(picture_ticks_));  // unless the next one came: nobody knows how long it lasts
  // The first call writes the header alone.
  for (int calls = header_written_ ? 1 : 2; calls > 0; --calls) {
    if (const int code = av_write_frame(context_, nullptr); code < 0) {
      return av_failure(code, "write a fragment of " + file_.path());
    }
  }
  header_written_ = true;
  VSL_CHECK(append_gathered());
  pictures_ += held_;
  held_ = held_bytes_ = 0;
  return {};
}

Result<void> Mp4Recording::append_gathered() {
  avio_flush(context_->pb);
  const Result<void> appended = file_.append(gathered_);
  gathered_.clear();
  failed_ = !appended;
  if (failed_) held_ = held_bytes_ = 0;  // they are not in the file, and will not be
  return appended;
}

// What the muxer holds would not survive a power cut.
Result<void> Mp4Recording::sync() {
  if (held_ > 0) VSL_CHECK(end_fragment());
  return file_.sync();
}

// The trailer is an index of the fragments for those who want to seek; nothing needs it.
Result<void> Mp4Recording::finish() {
  if (failed_) return {};  // the muxer's offsets are no longer the file's
  if (held_ > 0) VSL_CHECK(end_fragment());
  if (!header_written_) return {};
  if (const int code = av_write_trailer(context_); code < 0) {
    return av_failure(code, "write the index of " + file_.path());
  }
  return append_gathered();
}

}  // namespace

Result<std::unique_ptr<RecordingFile>> record_mp4(OutputFile file, const VideoTrack& track) {
  auto recording = std::make_unique<Mp4Recording>(std::move(file));
  VSL_CHECK(recording->open(track));
  return std::unique_ptr<RecordingFile>(std::move(recording));
}

}  // namespace vsl::avformat
