// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "avformat/recorder.hpp"
#include "command.hpp"
#include "record_settings.hpp"
#include "reporter.hpp"
#include "timeline.hpp"
#include "videostream/client.hpp"
#include "videostream/codec.hpp"
#include "videostream/frame.hpp"

namespace vsl::command {

/// From frames to files: coded ones go there as they are, others through an encoder.
/// Thread-confined; `settings` and `reporter` outlive it.
class RecordPipeline {
 public:
  RecordPipeline(const RecordSettings& settings, avformat::Recorder recorder, FrameRate rate,
                 Reporter& reporter);

  /// Errors: of the encoder or the files, see failed_site().
  Result<void> take(Frame& frame);
  /// A frame that the host took back meanwhile is left out.
  Result<void> take(const Lease& lease);
  /// Frames are missing before the next one.
  void lost_frames(std::uint64_t count);
  /// The frames that come now are another producer's.
  void restarted() { timeline_.restarted(); }
  /// Whether a limit is reached; `now_ns` also counts, for sources that fall silent.
  bool is_done(std::int64_t now_ns, bool live) const;
  /// Whether the disk still takes what it is given. Errors: of the files.
  Result<void> check();
  /// The tail of the encoder, what waits for the disk, the end of the file. To be called after a
  /// failure too.
  Result<void> finish();

  Site failed_site() const { return failed_site_; }
  bool any_frame() const { return first_frame_ns_ != 0; }
  avformat::Recorded recorded() const { return recorder_.recorded(); }
  /// Who encodes, or did last; empty when nobody had to.
  const std::string& encoder_name() const { return encoder_name_; }

 private:
  struct Pending {  // a picture within the encoder
    Timeline::Times times;
    FrameInfo info;
    std::int64_t taken_ns = 0;
  };
  template <class Picture>
  Result<void> take_any(Picture& picture, const FrameInfo& info, std::span<const std::byte> plane);
  template <class Picture>
  Result<void> encode(Picture& picture, Pending pending);
  Result<void> open_encoder(const Layout& layout, const Rect& crop);
  Result<void> drain_encoder();
  Result<void> fetch_packets();
  Result<avformat::Fate> write(VideoCodec codec, std::span<const std::byte> bytes,
                               const Pending& pending);
  Result<void> check_codec(VideoCodec coded);
  void begin(const Pending& first);
  void tell_drops(avformat::Fate fate);

  const RecordSettings& settings_;
  avformat::Recorder recorder_;
  FrameRate rate_;
  Reporter& reporter_;
  Timeline timeline_;
  std::optional<Encoder> encoder_;
  std::string encoder_name_;
  Layout encoded_;     // the layout of the encoder's pictures
  Rect encoded_crop_;  // and the part of them
  std::deque<Pending> pending_;
  std::vector<std::byte> copy_;      // of a coded frame
  std::uint64_t taken_ = 0;          // pictures that are, or will be, in the files
  std::uint64_t dropping_ = 0;       // pictures left out since the disk was last fast enough
  std::int64_t first_frame_ns_ = 0;  // when it came; 0 = none did
  std::int64_t last_frame_ns_ = 0;
  std::int64_t begun_ns_ = 0;      // when the first frame came that is recorded; 0 = none did
  std::int64_t begun_dts_ns_ = 0;  // its time
  bool failed_ = false, past_end_ = false, told_of_codec_ = false;
  Site failed_site_ = Site::file;
};

/// What to ask of an encoder.
EncoderOptions encoder_options(const RecordSettings& settings, FrameRate rate);

}  // namespace vsl::command
