// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "avformat/demuxer.hpp"
#include "source.hpp"
#include "values.hpp"
#include "videostream/convert.hpp"

namespace vsl::command {

/// A decoded picture in the decoder's memory.
struct FilePicture {
  Picture picture;
  std::optional<std::int64_t> pts_ns;  ///< of the file's clock
};

/// Decodes packets; VideoFile chooses one.
class PacketDecoder {
 public:
  virtual ~PacketDecoder() = default;
  /// nullptr: nothing follows. Called only after receive() had nothing.
  virtual Result<void> send(const AVPacket* packet) = 0;
  /// Valid until the next call; nothing when it wants another packet, or at the end.
  virtual Result<std::optional<FilePicture>> receive() = 0;
  virtual std::uint64_t damaged() const = 0;
  virtual std::uint64_t copies() const = 0;
  virtual std::string name() const = 0;
};

/// The pictures of a video file of any format that FFmpeg reads: H.264 and HEVC by whoever decodes
/// them here (vsl::Decoder), everything else by FFmpeg. Thread-confined.
class VideoFile {
 public:
  /// Errors: those of opening it (errno; not_supported: nothing FFmpeg knows); not_supported (a
  ///         codec that nobody decodes). `site`, if given, is told what they are about.
  static Result<VideoFile> open(const std::string& path, Site* site = nullptr);

  /// The next picture in display order, valid until the next call; nothing at the end. A file that
  /// is cut off ends where it does: damage() says why.
  Result<std::optional<FilePicture>> next();

  Resolution size() const { return size_; }
  const avformat::VideoStream& video() const { return demuxer_->video(); }
  std::optional<FrameRate> rate() const { return rate_; }  ///< nothing: the file does not say
  Damage damage() const { return {decoder_->damaged() + demuxer_->damaged(), bad_end_}; }
  avformat::Demuxer::Position position() const { return demuxer_->position(); }
  std::uint64_t copies() const { return decoder_->copies(); }
  std::string decoder_name() const { return decoder_->name(); }

 private:
  VideoFile() = default;
  Result<void> feed();

  // On the heap: the decoder knows where its demuxer is, and ends first.
  std::unique_ptr<avformat::Demuxer> demuxer_;
  std::unique_ptr<PacketDecoder> decoder_;
  Resolution size_;
  std::optional<FrameRate> rate_;
  std::string bad_end_;
  bool ended_ = false;
};

}  // namespace vsl::command
