// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <utility>

#include "file_losses.hpp"
#include "painter.hpp"
#include "video_file.hpp"
#include "videostream/convert.hpp"

namespace vsl::command {
namespace {

// Stamps that jump further than this are damage or a joint of two recordings, not a pause.
constexpr std::int64_t kLongestPauseNs = 10'000'000'000;

// A file may ask for any angle; frames know the four that keep pixels pixels.
Rotation rotation_of(const avformat::VideoStream& video) {
  return static_cast<Rotation>((video.rotation_degrees + 45) / 90 % 4);
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
                                                     (painter->bad_end().empty() ? "" : ": ") +
                                                     painter->bad_end());
    }
    return std::unique_ptr<Painter>(std::move(painter));
  }

  Resolution size() const override { return file_->size(); }
  std::optional<FrameRate> rate() const override {
    return options_.rate ? *options_.rate : file_->rate().value_or(FrameRate{});
  }
  bool stamps_pixels() const override { return false; }
  unsigned copies_per_frame() const override { return 1; }
  Damage damage() const override {
    const Damage now = file_->damage();
    return {damaged_before_ + now.pictures, now.end};
  }
  std::vector<std::string> losses(Fourcc format) const override {
    return losses_of(file_->video(), format);
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
    const Picture& from = picture_->picture;
    frame.info().color = from.color;
    frame.info().rotation = rotation_of(file_->video());
    if (!converter_) {
      VSL_TRY(converter_, Converter::create());
    }
    return converter_->convert(from, frame);
  }

 private:
  FilePainter(const std::string& path, const FilePainterOptions& options)
      : path_(path), options_(options) {}

  Result<void> begin() {
    if (file_) damaged_before_ += file_->damage().pictures;
    VSL_TRY(file_, VideoFile::open(path_));
    stamp_offset_ns_.reset();
    return {};
  }

  // Leaves the next picture in picture_, or nothing there at the end of the file.
  Result<void> decode() {
    VSL_TRY(picture_, file_->next());
    return {};
  }
  std::string bad_end() const { return file_->damage().end; }

  std::int64_t due_ns() {
    if (options_.rate) return options_.rate->due_ns(index_);
    const std::int64_t step_ns = file_->rate().value_or(FrameRate{}).due_ns(1);
    const std::int64_t regular_ns = index_ == 0 ? 0 : last_due_ns_ + step_ns;
    if (!picture_->pts_ns) return regular_ns;
    const std::int64_t stamp_ns = *picture_->pts_ns;
    if (!stamp_offset_ns_) stamp_offset_ns_ = regular_ns - stamp_ns;
    const std::int64_t due_ns = stamp_ns + *stamp_offset_ns_;
    if (due_ns >= last_due_ns_ && due_ns - last_due_ns_ <= kLongestPauseNs) return due_ns;
    stamp_offset_ns_ = regular_ns - stamp_ns;
    return regular_ns;
  }

  std::string path_;
  FilePainterOptions options_;
  std::optional<VideoFile> file_;
  std::optional<FilePicture> picture_;
  std::optional<Converter> converter_;
  std::optional<std::int64_t> stamp_offset_ns_;  // from the file's clock to ours
  std::int64_t last_due_ns_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t damaged_before_ = 0;  // by decoders of earlier rounds
  bool first_pending_ = true;
};

}  // namespace

Result<std::unique_ptr<Painter>> open_file_painter(const std::string& path,
                                                   const FilePainterOptions& options) {
  return FilePainter::open(path, options);
}

}  // namespace vsl::command
