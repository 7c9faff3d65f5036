// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "video_file.hpp"

#include <set>
#include <span>
#include <utility>

#include "codec/ffmpeg/decoder.hpp"
#include "output_name.hpp"
#include "videostream/codec.hpp"

namespace vsl::command {
namespace {

/// The library's decoder, in hardware where there is any.
class LibraryDecoder final : public PacketDecoder {
 public:
  LibraryDecoder(const avformat::Demuxer& demuxer, Decoder decoder)
      : demuxer_(demuxer), decoder_(std::move(decoder)) {}

  Result<void> send(const AVPacket* packet) override {
    if (packet == nullptr) return decoder_.drain();
    const avformat::Sample sample = demuxer_.describe(*packet);
    if (sample.hidden && sample.pts_ns) hidden_ns_.insert(*sample.pts_ns);
    return decoder_.decode_unit(
        sample.bytes, {sample.pts_ns.value_or(kUnknown), sample.dts_ns, sample.duration_ns});
  }

  Result<std::optional<FilePicture>> receive() override {
    do {
      VSL_TRY(frame_, decoder_.next_picture());
    } while (frame_ && hidden_ns_.erase(frame_->info().times.pts_ns) > 0);
    if (!frame_) return std::optional<FilePicture>();
    VSL_CHECK(frame_->map());
    FilePicture picture{picture_of(*frame_), {}};
    const std::int64_t pts_ns = frame_->info().times.pts_ns;
    if (pts_ns != kUnknown) picture.pts_ns = pts_ns;
    return std::optional(picture);
  }

  std::uint64_t damaged() const override { return decoder_.stats().damaged; }
  std::uint64_t copies() const override { return decoder_.stats().copies; }
  std::string name() const override { return decoder_.backend_name(); }

 private:
  static constexpr std::int64_t kUnknown = -1;  // as CodedTimes has it
  const avformat::Demuxer& demuxer_;
  Decoder decoder_;
  std::optional<Frame> frame_;
  std::set<std::int64_t> hidden_ns_;
};

/// FFmpeg's decoders for everything else.
class OtherDecoder final : public PacketDecoder {
 public:
  OtherDecoder(const avformat::Demuxer& demuxer, codec::FfmpegDecoder decoder)
      : demuxer_(demuxer), decoder_(std::move(decoder)) {}

  Result<void> send(const AVPacket* packet) override { return decoder_.send(packet); }

  Result<std::optional<FilePicture>> receive() override {
    VSL_TRY(const auto decoded, decoder_.receive());
    if (!decoded) return std::optional<FilePicture>();
    VSL_TRY(const Layout layout,
            Layout::packed(decoded->fourcc, decoded->width_px, decoded->height_px));
    FilePicture file_picture{{layout, decoded->color, {}, {}}, {}};
    Picture& picture = file_picture.picture;
    for (std::size_t i = 0; i < layout.plane_count; ++i) {
      const auto stride = static_cast<std::uint32_t>(decoded->strides_bytes[i]);
      picture.layout.planes[i].stride_bytes = stride;
      const std::size_t before = std::size_t{stride} * (layout.plane_rows(i) - 1);
      picture.planes[i] =
          std::as_bytes(std::span(decoded->planes[i], before + layout.plane_row_bytes(i)));
    }
    if (decoded->stamp) file_picture.pts_ns = demuxer_.ns_of(*decoded->stamp);
    return std::optional(file_picture);
  }

  std::uint64_t damaged() const override { return decoder_.damaged_packets(); }
  std::uint64_t copies() const override { return 0; }
  std::string name() const override { return "FFmpeg: " + decoder_.name(); }

 private:
  const avformat::Demuxer& demuxer_;
  codec::FfmpegDecoder decoder_;
};

Result<std::unique_ptr<PacketDecoder>> open_decoder(const avformat::Demuxer& demuxer) {
  const avformat::VideoStream& video = demuxer.video();
  if (video.codec) {
    VSL_TRY(auto decoder, Decoder::create({.codec = fourcc_of(*video.codec)}));
    return std::unique_ptr<PacketDecoder>(new LibraryDecoder(demuxer, std::move(decoder)));
  }
  VSL_TRY(auto decoder, codec::FfmpegDecoder::create(*video.parameters));
  return std::unique_ptr<PacketDecoder>(new OtherDecoder(demuxer, std::move(decoder)));
}

}  // namespace

Result<VideoFile> VideoFile::open(const std::string& path, Site* site) {
  if (path == "-" || is_read_once(path)) {  // it is looked at more than once
    return Error::of(std::errc::not_supported,
                     (path == "-" ? std::string("standard input") : path) +
                         " is no file, and a video file is read from its place: give it by its "
                         "name; `decode --codec h264 - OUTPUT` reads a raw stream from a pipe");
  }
  VideoFile file;
  VSL_TRY(auto demuxer, avformat::Demuxer::open(path, avformat::Packets::annex_b));
  file.demuxer_ = std::make_unique<avformat::Demuxer>(std::move(demuxer));
  auto decoder = open_decoder(*file.demuxer_);
  if (!decoder) {
    Error& error = decoder.error();
    const bool damaged = error.code == std::errc::bad_message;
    if (site != nullptr && !damaged) *site = Site::codec;
    return Error{error.code, "decode " + path + ": " + error.where};
  }
  if (site != nullptr) *site = Site::codec;
  file.decoder_ = *std::move(decoder);
  const avformat::VideoStream& video = file.demuxer_->video();
  file.size_ = {video.width_px, video.height_px};
  if (video.frame_rate_numerator > 0 && video.frame_rate_denominator > 0) {
    file.rate_ = FrameRate{static_cast<std::uint32_t>(video.frame_rate_numerator),
                           static_cast<std::uint32_t>(video.frame_rate_denominator)};
  }
  return file;
}

// What was read up to an error is shown; the error is told at the end.
Result<void> VideoFile::feed() {
  const auto packet = demuxer_->read();
  if (!packet) {
    const Error& error = packet.error();
    const bool whole =
        error.code == std::errc::bad_message || error.code == std::errc::not_supported;
    bad_end_ = whole ? error.where : error.message();
  }
  ended_ = !packet || *packet == nullptr;
  return decoder_->send(ended_ ? nullptr : *packet);
}

Result<std::optional<FilePicture>> VideoFile::next() {
  for (;;) {
    VSL_TRY(const auto picture, decoder_->receive());
    if (picture || ended_) return picture;
    VSL_CHECK(feed());
  }
}

}  // namespace vsl::command
