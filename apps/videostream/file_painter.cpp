// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <utility>

#include "avformat/demuxer.hpp"
#include "codec/ffmpeg/decoder.hpp"
#include "painter.hpp"
#include "videostream/convert.hpp"

namespace vsl::command {
namespace {

// Stamps that jump further than this are damage or a joint of two recordings, not a pause.
constexpr std::int64_t kLongestPauseNs = 10'000'000'000;

Result<Picture> picture_of_decoder(const codec::DecodedPicture& decoded) {
  VSL_TRY(Layout layout, Layout::packed(decoded.fourcc, decoded.width_px, decoded.height_px));
  Picture picture{layout, decoded.color, {}, {}};
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const auto stride = static_cast<std::uint32_t>(decoded.strides_bytes[i]);
    picture.layout.planes[i].stride_bytes = stride;
    const std::size_t before = std::size_t{stride} * (layout.plane_rows(i) - 1);
    picture.planes[i] =
        std::as_bytes(std::span(decoded.planes[i], before + layout.plane_row_bytes(i)));
  }
  return picture;
}

class FilePainter final : public Painter {
 public:
  static Result<std::unique_ptr<Painter>> open(const std::string& path,
                                               const FilePainterOptions& options) {
    std::unique_ptr<FilePainter> painter(new FilePainter(path, options));
    VSL_CHECK(painter->begin());
    // The first picture now: a file that does not decode fails before a socket is bound.
    VSL_CHECK(painter->decode());
    if (!painter->picture_) {
      return Error::of(std::errc::not_supported, path + " has no picture that can be decoded" +
                                                     (painter->bad_end_.empty() ? "" : ": ") +
                                                     painter->bad_end_);
    }
    return std::unique_ptr<Painter>(std::move(painter));
  }

  Resolution size() const override { return size_; }
  std::optional<FrameRate> rate() const override {
    return options_.rate ? *options_.rate : file_rate_;
  }
  bool stamps_pixels() const override { return false; }
  unsigned copies_per_frame() const override { return 1; }
  Damage damage() const override {
    return {damaged_before_ + decoder_->damaged_packets(), bad_end_};
  }

  Result<std::optional<std::int64_t>> next() override {
    if (!first_pending_) VSL_CHECK(decode());
    first_pending_ = false;
    if (!picture_ && options_.loop) {
      VSL_CHECK(begin());
      VSL_CHECK(decode());
    }
    if (!picture_) return std::optional<std::int64_t>();
    last_due_ns_ = due_ns();
    ++index_;
    return std::optional(last_due_ns_);
  }

  Result<void> fill(Frame& frame) override {
    VSL_TRY(const Picture from, picture_of_decoder(*picture_));
    frame.info().color = picture_->color;
    if (!converter_) {
      VSL_TRY(converter_, Converter::create());
    }
    return converter_->convert(from, frame);
  }

 private:
  FilePainter(const std::string& path, const FilePainterOptions& options)
      : path_(path), options_(options) {}

  Result<void> begin() {
    VSL_TRY(avformat::Demuxer demuxer, avformat::Demuxer::open(path_));
    VSL_TRY(auto decoder, codec::FfmpegDecoder::create(*demuxer.video().parameters));
    const avformat::VideoStream& video = demuxer.video();
    size_ = {video.width_px, video.height_px};
    const bool says_rate = video.frame_rate_numerator > 0 && video.frame_rate_denominator > 0;
    file_rate_ = says_rate ? FrameRate{static_cast<std::uint32_t>(video.frame_rate_numerator),
                                       static_cast<std::uint32_t>(video.frame_rate_denominator)}
                           : FrameRate{};
    if (decoder_) damaged_before_ += decoder_->damaged_packets();
    decoder_.emplace(std::move(decoder));
    demuxer_.emplace(std::move(demuxer));
    ended_ = false;
    stamp_offset_ns_.reset();
    return {};
  }

  // Leaves the next picture in picture_, or nothing there at the end of the file.
  Result<void> decode() {
    for (;;) {
      VSL_TRY(picture_, decoder_->receive());
      if (picture_ || ended_) return {};
      // What was read up to an error is shown; the error is told at the end.
      const auto packet = demuxer_->read();
      if (!packet) {
        const Error& error = packet.error();
        const bool whole =
            error.code == std::errc::bad_message || error.code == std::errc::not_supported;
        bad_end_ = whole ? error.where : error.message();
      }
      ended_ = !packet || *packet == nullptr;
      VSL_CHECK(decoder_->send(ended_ ? nullptr : *packet));
    }
  }

  std::int64_t due_ns() {
    if (options_.rate) return options_.rate->due_ns(index_);
    const std::int64_t step_ns = file_rate_.due_ns(1);
    const std::int64_t regular_ns = index_ == 0 ? 0 : last_due_ns_ + step_ns;
    if (!picture_->stamp) return regular_ns;
    const avformat::VideoStream& video = demuxer_->video();
    const auto stamp_ns =
        static_cast<std::int64_t>(static_cast<double>(*picture_->stamp) * 1e9 *
                                  video.time_base_numerator / video.time_base_denominator);
    if (!stamp_offset_ns_) stamp_offset_ns_ = regular_ns - stamp_ns;
    const std::int64_t due_ns = stamp_ns + *stamp_offset_ns_;
    if (due_ns >= last_due_ns_ && due_ns - last_due_ns_ <= kLongestPauseNs) return due_ns;
    stamp_offset_ns_ = regular_ns - stamp_ns;
    return regular_ns;
  }

  std::string path_;
  FilePainterOptions options_;
  std::optional<avformat::Demuxer> demuxer_;
  std::optional<codec::FfmpegDecoder> decoder_;  // ends before the demuxer whose parameters it had
  std::optional<codec::DecodedPicture> picture_;
  std::optional<Converter> converter_;
  Resolution size_;
  FrameRate file_rate_;
  std::optional<std::int64_t> stamp_offset_ns_;  // from the file's clock to ours
  std::int64_t last_due_ns_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t damaged_before_ = 0;  // by decoders of earlier rounds
  std::string bad_end_;
  bool first_pending_ = true, ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Painter>> open_file_painter(const std::string& path,
                                                   const FilePainterOptions& options) {
  return FilePainter::open(path, options);
}

}  // namespace vsl::command
