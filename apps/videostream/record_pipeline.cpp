// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "record_pipeline.hpp"

#include <algorithm>
#include <utility>

#include "metrics.hpp"

namespace vsl::command {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kKeyFramePatienceNs = 30 * kSecondNs;  // beyond any usual distance of two

std::span<const std::byte> coded_bytes(const FrameInfo& info, std::span<const std::byte> plane) {
  return plane.first(std::min<std::size_t>(plane.size(), info.layout.plane_bytes(0)));
}

}  // namespace

EncoderOptions encoder_options(const RecordSettings& settings, FrameRate rate) {
  EncoderOptions options;
  options.codec = fourcc_of(settings.codec_to_encode());
  options.bitrate_bps = std::uint64_t{settings.bitrate_kbps} * 1000;
  options.rate_numerator = rate.numerator;
  options.rate_denominator = rate.denominator;
  options.backend = settings.backend;
  return options;
}

RecordPipeline::RecordPipeline(const RecordSettings& settings, avformat::Recorder recorder,
                               FrameRate rate, Reporter& reporter)
    : settings_(settings),
      recorder_(std::move(recorder)),
      rate_(rate),
      reporter_(reporter),
      timeline_(rate) {
  recorder_.set_rate({rate.numerator, rate.denominator});
}

bool RecordPipeline::is_done(std::int64_t now_ns, bool live) const {
  if (past_end_ || (settings_.frames != 0 && taken_ >= settings_.frames)) return true;
  if (settings_.duration_ns == 0 || !live || !any_frame()) return false;
  const std::int64_t duration_ns = settings_.duration_ns;
  // Later than a frame at the very end would come: the source has fallen silent.
  if (begun_ns_ != 0) return elapsed_ns(begun_ns_, now_ns) > duration_ns + kSecondNs;
  // Coded frames without a key frame to begin with.
  const bool silent = elapsed_ns(last_frame_ns_, now_ns) > kSecondNs;
  return elapsed_ns(first_frame_ns_, now_ns) >
         duration_ns + (silent ? kSecondNs : kKeyFramePatienceNs);
}

void RecordPipeline::lost_frames(std::uint64_t count) {
  reporter_.add_drops(count);
  if (!encoder_) recorder_.lost_pictures();  // what follows would refer to what is missing
}

Result<void> RecordPipeline::take(Frame& frame) {
  const FrameInfo info = frame.info();
  std::span<const std::byte> plane;
  if (video_codec_of(info.layout.fourcc)) {
    VSL_CHECK(frame.map());
    plane = frame.plane(0);
  }
  return take_any(frame, info, plane);
}

Result<void> RecordPipeline::take(const Lease& lease) {
  const FrameInfo info = lease.info();
  std::span<const std::byte> plane;
  if (video_codec_of(info.layout.fourcc)) {
    VSL_CHECK(lease.map());
    // A copy, since only bytes that were read before the look at valid() are sure to be the
    // frame's.
    const auto bytes = coded_bytes(info, lease.plane(0));
    copy_.assign(bytes.begin(), bytes.end());
    plane = copy_;
  }
  if (!lease.valid()) {
    lost_frames(1);
    return {};
  }
  return take_any(lease, info, plane);
}

template <class Picture>
Result<void> RecordPipeline::take_any(Picture& picture, const FrameInfo& info,
                                      std::span<const std::byte> plane) {
  const std::int64_t now_ns = monotonic_ns();
  if (!any_frame()) first_frame_ns_ = now_ns;
  last_frame_ns_ = now_ns;
  Pending pending{timeline_.place(info, now_ns), info, now_ns};
  const std::int64_t limit_ns = settings_.duration_ns;
  past_end_ = limit_ns > 0 && begun_ns_ != 0 && pending.times.dts_ns - begun_dts_ns_ >= limit_ns;
  if (past_end_) return {};
  const auto codec = video_codec_of(info.layout.fourcc);
  if (!codec) return encode(picture, std::move(pending));
  VSL_CHECK(check_codec(*codec));
  VSL_CHECK(drain_encoder());
  VSL_TRY(const avformat::Fate fate, write(*codec, coded_bytes(info, plane), pending));
  if (fate != avformat::Fate::recorded) return {};
  ++taken_;
  begin(pending);
  return {};
}

// A limit in seconds counts from here: what came before could not be recorded.
void RecordPipeline::begin(const Pending& first) {
  if (begun_ns_ != 0) return;
  begun_ns_ = first.taken_ns;
  begun_dts_ns_ = first.times.dts_ns;
}

// Coded frames are recorded as they are, whatever was asked for: better said than found out later.
Result<void> RecordPipeline::check_codec(VideoCodec coded) {
  if (settings_.codec_to_encode() == coded) return {};
  const std::string came = std::string("frames come as ") + name_of(coded);
  if (settings_.codec) {
    failed_site_ = Site::codec;
    return Error::of(std::errc::invalid_argument,
                     came + ", which --codec is not: coded frames are recorded as they are");
  }
  if (settings_.recorder.mp4 || std::exchange(told_of_codec_, true)) return {};
  log_warn(came + ", which players expect in a file that ends in ." + word_of(coded));
  return {};
}

template <class Picture>
Result<void> RecordPipeline::encode(Picture& picture, Pending pending) {
  failed_site_ = Site::codec;
  begin(pending);
  const Layout& layout = pending.info.layout;
  const bool other = !(layout == encoded_) || !(pending.info.crop == encoded_crop_);
  if (encoder_ && other) VSL_CHECK(drain_encoder());
  if (!encoder_) VSL_CHECK(open_encoder(layout, pending.info.crop));
  EncodeWish wish;
  wish.key_frame = recorder_.wants_key_frame(pending.times.pts_ns);
  VSL_CHECK(encoder_->encode(picture, wish));
  ++taken_;
  pending_.push_back(std::move(pending));
  return fetch_packets();
}

Result<void> RecordPipeline::open_encoder(const Layout& layout, const Rect& crop) {
  VSL_TRY(encoder_, Encoder::create(encoder_options(settings_, rate_)));
  encoder_name_ = encoder_->backend_name();
  encoded_ = layout;
  encoded_crop_ = crop;
  return {};
}

// Pictures of another kind need another encoder: what is in this one comes first.
Result<void> RecordPipeline::drain_encoder() {
  if (!encoder_) return {};
  failed_site_ = Site::codec;
  VSL_CHECK(encoder_->drain());
  VSL_CHECK(fetch_packets());
  encoder_.reset();
  pending_.clear();
  return {};
}

// Without B-frames packets come in the order of the pictures, one for each.
Result<void> RecordPipeline::fetch_packets() {
  for (;;) {
    failed_site_ = Site::codec;
    VSL_TRY(std::optional<Frame> packet, encoder_->next_packet());
    if (!packet) return {};
    if (pending_.empty()) {
      return Error::of(std::errc::protocol_error, "encode: a packet without a picture came");
    }
    const Pending pending = std::move(pending_.front());
    pending_.pop_front();
    const auto codec = video_codec_of(packet->info().layout.fourcc);
    VSL_CHECK(packet->map());
    VSL_TRY(const avformat::Fate fate,
            write(codec.value_or(VideoCodec::h264), coded_bytes(packet->info(), packet->plane(0)),
                  pending));
    taken_ -= fate == avformat::Fate::dropped ? 1 : 0;
  }
}

Result<avformat::Fate> RecordPipeline::write(VideoCodec codec, std::span<const std::byte> bytes,
                                             const Pending& pending) {
  failed_site_ = Site::file;
  const Result<avformat::Fate> fate =
      recorder_.write({codec, bytes, pending.times.pts_ns, pending.times.dts_ns});
  failed_ = !fate;
  if (!fate) return fate;
  tell_drops(*fate);
  if (*fate != avformat::Fate::recorded) return fate;
  const std::int64_t age = age_ns(pending.info);
  reporter_.add_frame(bytes.size(), age > 0 ? age : elapsed_ns(pending.taken_ns, monotonic_ns()));
  return fate;
}

void RecordPipeline::tell_drops(avformat::Fate fate) {
  if (fate == avformat::Fate::dropped) {
    reporter_.add_drops(1);
    if (dropping_++ > 0) return;
    log_warn("the disk is slower than the video: frames are left out up to a key frame");
  } else if (fate == avformat::Fate::recorded && dropping_ > 0) {
    log_warn(std::to_string(std::exchange(dropping_, 0)) + " frames left out; recording goes on");
  }
}

Result<void> RecordPipeline::check() {
  Result<void> checked = recorder_.check();
  if (!checked) failed_site_ = Site::file;
  failed_ = failed_ || !checked;
  return checked;
}

Result<void> RecordPipeline::finish() {
  Result<void> drained;
  if (!failed_) drained = drain_encoder();
  const bool encoder_failed = !drained;
  const Result<void> finished = recorder_.finish();
  failed_site_ = encoder_failed ? failed_site_ : Site::file;
  return encoder_failed ? drained : finished;
}

}  // namespace vsl::command
