// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/guard.hpp"
#include "videostream.h"

// The codec functions of a build without codecs: creating says so, and as nothing was created
// the others have nothing to act on.

namespace {

template <class T>
T unavailable(T failure) {
  return vsl::capi::failed(failure, ENOTSUP, "codecs: this build of the library has none");
}

}  // namespace

extern "C" VSLEncoder* vsl_encoder_create(VSLEncoderProfile, uint32_t, int) {
  return unavailable<VSLEncoder*>(nullptr);
}
extern "C" VSLEncoder* vsl_encoder_create_ex(VSLEncoderProfile, uint32_t, int, VSLCodecBackend) {
  return unavailable<VSLEncoder*>(nullptr);
}
extern "C" void vsl_encoder_release(VSLEncoder*) {}
extern "C" int vsl_encode_frame(VSLEncoder*, VSLFrame*, VSLFrame*, const VSLRect*, int*) {
  return unavailable(-1);
}
extern "C" VSLFrame* vsl_encoder_new_output_frame(const VSLEncoder*, int, int, int64_t, int64_t,
                                                  int64_t) {
  return unavailable<VSLFrame*>(nullptr);
}
extern "C" VSLDecoder* vsl_decoder_create(VSLDecoderCodec, int) {
  return unavailable<VSLDecoder*>(nullptr);
}
extern "C" VSLDecoder* vsl_decoder_create_ex(uint32_t, int, VSLCodecBackend) {
  return unavailable<VSLDecoder*>(nullptr);
}
extern "C" VSLDecoderRetCode vsl_decode_frame(VSLDecoder*, const void*, unsigned int, size_t*,
                                              VSLFrame**) {
  return unavailable(VSL_DEC_ERR);
}
extern "C" int vsl_decoder_width(const VSLDecoder*) { return 0; }
extern "C" int vsl_decoder_height(const VSLDecoder*) { return 0; }
extern "C" VSLRect vsl_decoder_crop(const VSLDecoder*) { return {}; }
extern "C" int vsl_decoder_release(VSLDecoder*) { return 0; }
