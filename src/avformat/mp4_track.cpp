// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/mp4_track.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <cstring>

#include "avformat/av_error.hpp"
#include "avformat/codec_id.hpp"

namespace vsl::avformat {

Result<void> set_parameters(AVCodecParameters& parameters, const VideoTrack& track) {
  const SequenceInfo& sequence = track.sequence;
  parameters.codec_type = AVMEDIA_TYPE_VIDEO;
  parameters.codec_id = codec_id(track.codec);
  parameters.width = sequence.visible.width;
  parameters.height = sequence.visible.height;
  parameters.sample_aspect_ratio = {static_cast<int>(sequence.sample_width),
                                    static_cast<int>(sequence.sample_height)};
  parameters.color_primaries = static_cast<AVColorPrimaries>(sequence.color.primaries);
  parameters.color_trc = static_cast<AVColorTransferCharacteristic>(sequence.color.transfer);
  parameters.color_space = static_cast<AVColorSpace>(sequence.color.matrix);
  parameters.color_range = static_cast<AVColorRange>(sequence.color.range);
  // "hvc1" promises that every parameter set stands in the header; players by Apple insist on it.
  if (track.codec == VideoCodec::hevc) {
    parameters.codec_tag =
        track.sets_change ? MKTAG('h', 'e', 'v', '1') : MKTAG('h', 'v', 'c', '1');
  }
  const std::size_t bytes = track.parameter_sets.size();
  parameters.extradata =
      static_cast<std::uint8_t*>(av_mallocz(bytes + AV_INPUT_BUFFER_PADDING_SIZE));
  if (parameters.extradata == nullptr) return av_failure(AVERROR(ENOMEM), "set up an MP4 track");
  std::memcpy(parameters.extradata, track.parameter_sets.data(), bytes);
  parameters.extradata_size = static_cast<int>(bytes);
  return {};
}

}  // namespace vsl::avformat
