// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <memory>
#include <string>

#include "capi/frame_object.hpp"
#include "capi/guard.hpp"
#include "videostream/codec.hpp"

struct vsl_decoder {
  vsl::Decoder decoder;
  int width = 0, height = 0;
  VSLRect crop{};
  std::string name;  ///< what vsl_decoder_backend_name() returned
};

namespace vsl::capi {
namespace {

Error no_decoder(const char* function) {
  return Error::of(std::errc::invalid_argument, std::string(function) + ": no decoder");
}

Result<VSLDecoder*> open(std::uint32_t codec, VSLCodecBackend backend) {
  const Fourcc wanted{codec};
  if (wanted != fourcc("H264") && wanted != fourcc("HEVC")) {
    return Error::of(std::errc::invalid_argument, "create a decoder for " + wanted.to_string() +
                                                      " (H264 and HEVC are possible)");
  }
  if (backend < VSL_CODEC_BACKEND_AUTO || backend > VSL_CODEC_BACKEND_SOFTWARE) {
    return Error::of(std::errc::not_supported,
                     "there is no codec backend " + std::to_string(static_cast<int>(backend)));
  }
  // NV12 and as early as can be: what programs for release 2.5 were given.
  auto decoder = Decoder::create({.codec = wanted,
                                  .format = fourcc("NV12"),
                                  .backend = static_cast<CodecBackend>(backend),
                                  .low_latency = true});
  if (decoder) return new VSLDecoder{std::move(*decoder), 0, 0, {}, {}};
  Error error = std::move(decoder).error();
  if (backend == VSL_CODEC_BACKEND_AUTO && error.code == std::errc::not_supported) {
    error.code = std::make_error_code(std::errc::no_such_device);
  }
  return error;
}

std::unique_ptr<VSLFrame> lend(Frame picture) {
  auto frame = std::make_unique<VSLFrame>();
  frame->info = picture.info();
  frame->given_stride = picture.info().layout.planes[0].stride_bytes;
  for (std::size_t i = 0; i < frame->info.layout.buffer_count; ++i) {
    frame->buffers[i] = picture.buffer(i);
  }
  frame->lent = std::move(picture);
  return frame;
}

bool note_size(VSLDecoder& decoder, const FrameInfo& info) {
  const int width = static_cast<int>(info.layout.width_px);
  const int height = static_cast<int>(info.layout.height_px);
  const Rect shown = info.crop.width != 0 ? info.crop : Rect{0, 0, width, height};
  const VSLRect crop{shown.x, shown.y, shown.width, shown.height};
  const bool same = decoder.width == width && decoder.height == height &&
                    decoder.crop.x == crop.x && decoder.crop.y == crop.y &&
                    decoder.crop.width == crop.width && decoder.crop.height == crop.height;
  decoder.width = width;
  decoder.height = height;
  decoder.crop = crop;
  return !same;
}

// A picture that is ready comes before the data is looked at: it is offered again, as pictures come
// one a call.
Result<int> decode(VSLDecoder* decoder, std::span<const std::byte> data, std::size_t& used,
                   VSLFrame*& output) {
  if (decoder == nullptr) return no_decoder("vsl_decode_frame");
  VSL_TRY(auto picture, decoder->decoder.next_picture());
  if (!picture) {
    if (!data.empty()) VSL_CHECK(decoder->decoder.decode(data));
    used = data.size();
    VSL_TRY(picture, decoder->decoder.next_picture());
  }
  if (!picture) return static_cast<int>(VSL_DEC_SUCCESS);
  const bool resized = note_size(*decoder, picture->info());
  output = lend(std::move(*picture)).release();
  return VSL_DEC_FRAME_DEC | (resized ? VSL_DEC_INIT_INFO : 0);
}

}  // namespace
}  // namespace vsl::capi

using vsl::Result;
namespace capi = vsl::capi;

extern "C" VSLDecoder* vsl_decoder_create(VSLDecoderCodec codec, int fps) {
  if (codec != VSL_DEC_H264 && codec != VSL_DEC_HEVC) {
    return capi::failed<VSLDecoder*>(nullptr, EINVAL, "vsl_decoder_create: unknown codec");
  }
  const vsl::Fourcc code = codec == VSL_DEC_HEVC ? vsl::fourcc("HEVC") : vsl::fourcc("H264");
  return vsl_decoder_create_ex(code.code, fps, VSL_CODEC_BACKEND_AUTO);
}

extern "C" VSLDecoder* vsl_decoder_create_ex(uint32_t codec, int, VSLCodecBackend backend) {
  return capi::guard<VSLDecoder*>(nullptr, [&] { return capi::open(codec, backend); });
}

extern "C" VSLDecoderRetCode vsl_decode_frame(VSLDecoder* decoder, const void* data,
                                              unsigned int data_length, size_t* bytes_used,
                                              VSLFrame** output_frame) {
  std::size_t used = 0;
  VSLFrame* output = nullptr;
  const std::span bytes(static_cast<const std::byte*>(data), data != nullptr ? data_length : 0);
  const int code = capi::guard<int>(static_cast<int>(VSL_DEC_ERR),
                                    [&] { return capi::decode(decoder, bytes, used, output); });
  if (bytes_used != nullptr) *bytes_used = used;
  if (output_frame != nullptr) {
    *output_frame = output;
  } else if (output != nullptr) {
    vsl_frame_release(output);
  }
  return static_cast<VSLDecoderRetCode>(code);
}

extern "C" int vsl_decoder_width(const VSLDecoder* decoder) {
  return decoder != nullptr ? decoder->width : 0;
}
extern "C" int vsl_decoder_height(const VSLDecoder* decoder) {
  return decoder != nullptr ? decoder->height : 0;
}
extern "C" VSLRect vsl_decoder_crop(const VSLDecoder* decoder) {
  return decoder != nullptr ? decoder->crop : VSLRect{};
}

extern "C" int vsl_decoder_drain(VSLDecoder* decoder) {
  return capi::guard_status([&]() -> Result<void> {
    if (decoder == nullptr) return capi::no_decoder("vsl_decoder_drain");
    return decoder->decoder.drain();
  });
}

extern "C" int vsl_decoder_flush(VSLDecoder* decoder) {
  return capi::guard_status([&]() -> Result<void> {
    if (decoder == nullptr) return capi::no_decoder("vsl_decoder_flush");
    return decoder->decoder.reset();
  });
}

extern "C" const char* vsl_decoder_backend_name(VSLDecoder* decoder) {
  return capi::guard<const char*>(nullptr, [&]() -> Result<const char*> {
    if (decoder == nullptr) return capi::no_decoder("vsl_decoder_backend_name");
    decoder->name = decoder->decoder.backend_name();
    return decoder->name.c_str();
  });
}

extern "C" int vsl_decoder_release(VSLDecoder* decoder) {
  delete decoder;
  return 0;
}
