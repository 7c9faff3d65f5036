// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/software/module.hpp"

#include "codec/ffmpeg/module/decoder.hpp"
#include "codec/ffmpeg/module/encoder.hpp"
#include "codec/ffmpeg/module/owned.hpp"

namespace vsl::codec::ffmpeg {
namespace {

std::vector<software::CodecName> codecs() {
  std::vector<software::CodecName> list;
  for (const Fourcc codec : {fourcc("H264"), fourcc("HEVC")}) {
    const char* encoder = usual_encoder(codec);
    if (avcodec_find_encoder_by_name(encoder) != nullptr) list.push_back({codec, true, encoder});
    const auto id = codec == fourcc("HEVC") ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264;
    if (const AVCodec* decoder = avcodec_find_decoder(id)) {
      list.push_back({codec, false, decoder->name});
    }
  }
  return list;
}

constexpr software::Module kModule{{VSL_RELEASE}, codecs, open_encoder, open_decoder};

}  // namespace
}  // namespace vsl::codec::ffmpeg

extern "C" __attribute__((visibility("default"))) const vsl::ModuleHead* vsl_ffmpeg_module() {
  return &vsl::codec::ffmpeg::kModule;
}
