// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>

#include "capi/frame_object.hpp"
#include "capi/guard.hpp"
#include "videostream/codec.hpp"

struct vsl_encoder {
  vsl::Encoder encoder;
  bool key_frame_wanted = false;
  std::string name;  ///< what vsl_encoder_backend_name() returned
};

namespace vsl::capi {
namespace {

constexpr std::uint64_t kUsualPacketBytes = 2U << 20;  // source: release 2.5

Error no_encoder(const char* function) {
  return Error::of(std::errc::invalid_argument, std::string(function) + ": no encoder");
}

std::uint64_t bitrate_of(VSLEncoderProfile profile) {
  switch (profile) {
    case VSL_ENCODE_PROFILE_5000_KBPS:
      return 5'000'000;
    case VSL_ENCODE_PROFILE_25000_KBPS:
      return 25'000'000;
    case VSL_ENCODE_PROFILE_50000_KBPS:
      return 50'000'000;
    case VSL_ENCODE_PROFILE_100000_KBPS:
      return 100'000'000;
    default:
      return 0;
  }
}

Result<CodecBackend> backend_of(VSLCodecBackend backend) {
  if (backend >= VSL_CODEC_BACKEND_AUTO && backend <= VSL_CODEC_BACKEND_SOFTWARE) {
    return static_cast<CodecBackend>(backend);
  }
  return Error::of(std::errc::not_supported,
                   "there is no codec backend " + std::to_string(static_cast<int>(backend)));
}

// Release 2.5 says ENODEV where nobody was found, and ENOTSUP where somebody was asked for.
Result<VSLEncoder*> open(const EncoderOptions& options) {
  auto encoder = Encoder::create(options);
  if (encoder) return new VSLEncoder{std::move(*encoder), false, {}};
  Error error = std::move(encoder).error();
  if (options.backend == CodecBackend::automatic && error.code == std::errc::not_supported &&
      (options.codec == fourcc("H264") || options.codec == fourcc("HEVC"))) {
    error.code = std::make_error_code(std::errc::no_such_device);
  }
  return error;
}

Result<EncoderOptions> options_of(const VSLEncoderOptions* given) {
  constexpr std::size_t kSmallest = offsetof(VSLEncoderOptions, reserved);
  if (given == nullptr || given->size < kSmallest) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_encoder_create_options: no options, or of a size that cannot be");
  }
  if (given->rate_control < VSL_RATE_VARIABLE_BITRATE ||
      given->rate_control > VSL_RATE_CONSTANT_QP) {
    return Error::of(std::errc::invalid_argument, "vsl_encoder_create_options: rate_control");
  }
  EncoderOptions options;
  VSL_TRY(options.backend, backend_of(given->backend));
  options.codec = Fourcc{given->codec};
  options.rate_control = static_cast<RateControl>(given->rate_control);
  options.bitrate_bps = given->bitrate;
  options.qp = given->qp;
  if (given->rate_numerator != 0) options.rate_numerator = given->rate_numerator;
  if (given->rate_denominator != 0) options.rate_denominator = given->rate_denominator;
  options.gop = given->gop;
  options.b_frames = given->b_frames;
  options.low_latency = given->look_ahead == 0;
  if (given->profile != nullptr) options.profile = given->profile;
  if (given->level != nullptr) options.level = given->level;
  return options;
}

// The frame's bytes, as the C++ interface has them.
Result<Frame> borrow(const VSLFrame* frame, const char* what) {
  if (frame == nullptr || frame->main_buffer() == nullptr) {
    return Error::of(std::errc::invalid_argument,
                     std::string("vsl_encode_frame: ") + what + " is NULL or has no memory");
  }
  return Frame::wrap(frame->info, {frame->buffers.data(), frame->info.layout.buffer_count});
}

Result<void> put_bytes(std::span<const std::byte> bytes, VSLFrame& destination) {
  const Buffer& buffer = *destination.main_buffer();
  const std::uint64_t offset = picture_offset(destination.info.layout);
  VSL_TRY(const auto memory, buffer.map());
  if (offset > memory.size() || bytes.size() > memory.size() - offset) {
    return Error::of(std::errc::no_buffer_space,
                     "vsl_encode_frame: " + std::to_string(bytes.size()) +
                         " bytes of coded data for a destination of " +
                         std::to_string(memory.size()));
  }
  VSL_CHECK(buffer.begin_cpu_access(Access::read_write));
  std::memcpy(memory.data() + offset, bytes.data(), bytes.size());
  return buffer.end_cpu_access(Access::read_write);
}

Result<int> put_packet(Frame& packet, VSLFrame& destination, int* keyframe) {
  const std::uint64_t offset = picture_offset(destination.info.layout);
  const Layout& coded = packet.info().layout;
  const std::size_t bytes = coded.buffer_bytes[0];
  VSL_CHECK(put_bytes(packet.plane(0).first(bytes), destination));
  destination.info.layout =
      Layout::opaque(coded.fourcc, coded.width_px, coded.height_px, offset + bytes);
  destination.info.layout.planes[0].offset_bytes = offset;
  destination.info.key_frame = packet.info().key_frame;
  if (keyframe != nullptr) *keyframe = packet.info().key_frame ? 1 : 0;
  return static_cast<int>(bytes);
}

Result<int> fetch(VSLEncoder& encoder, VSLFrame* destination, int* keyframe, bool with_times) {
  if (destination == nullptr || destination->main_buffer() == nullptr || !destination->is_own()) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_encode_frame: the destination is NULL, has no memory, or is another's");
  }
  VSL_TRY(auto packet, encoder.encoder.next_packet());
  if (!packet) return 0;
  VSL_TRY(const int bytes, put_packet(*packet, *destination, keyframe));
  if (with_times) {
    const FrameTimes& times = packet->info().times;
    destination->info.times.pts_ns = times.pts_ns;
    destination->info.times.dts_ns = times.dts_ns;
    destination->info.times.duration_ns = times.duration_ns;
  }
  return bytes;
}

Result<int> encode(VSLEncoder* encoder, VSLFrame* source, VSLFrame* destination,
                   const VSLRect* crop, int* keyframe) {
  if (encoder == nullptr) return no_encoder("vsl_encode_frame");
  VSL_TRY(Frame picture, borrow(source, "the source"));
  VSL_CHECK(borrow(destination, "the destination"));
  EncodeWish wish{.key_frame = encoder->key_frame_wanted};
  if (crop != nullptr) wish.crop = {crop->x, crop->y, crop->width, crop->height};
  VSL_CHECK(encoder->encoder.encode(picture, wish));
  encoder->key_frame_wanted = false;
  return fetch(*encoder, destination, keyframe, false);
}

Result<VSLFrame*> new_output(const VSLEncoder* encoder, int width, int height,
                             const FrameTimes& times) {
  if (encoder == nullptr || width <= 0 || height <= 0) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_encoder_new_output_frame: no encoder, or no size");
  }
  // A coded picture larger than its pixels is none.
  const auto pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  auto frame = std::make_unique<VSLFrame>();
  frame->info.layout =
      Layout::opaque(encoder->encoder.options().codec, static_cast<std::uint32_t>(width),
                     static_cast<std::uint32_t>(height), std::max(kUsualPacketBytes, pixels));
  frame->info.times = times;
  VSL_TRY(frame->buffers[0],
          Buffer::allocate(frame->info.layout.buffer_bytes[0], {.access = Access::read_write}));
  return frame.release();
}

}  // namespace
}  // namespace vsl::capi

using vsl::Result;
namespace capi = vsl::capi;

extern "C" VSLEncoder* vsl_encoder_create(VSLEncoderProfile profile, uint32_t outputFourcc,
                                          int fps) {
  return vsl_encoder_create_ex(profile, outputFourcc, fps, VSL_CODEC_BACKEND_AUTO);
}

extern "C" VSLEncoder* vsl_encoder_create_ex(VSLEncoderProfile profile, uint32_t outputFourcc,
                                             int fps, VSLCodecBackend backend) {
  return capi::guard<VSLEncoder*>(nullptr, [&]() -> Result<VSLEncoder*> {
    vsl::EncoderOptions options;
    VSL_TRY(options.backend, capi::backend_of(backend));
    options.codec = vsl::Fourcc{outputFourcc};
    options.bitrate_bps = capi::bitrate_of(profile);
    if (fps > 0) options.rate_numerator = static_cast<std::uint32_t>(fps);
    return capi::open(options);
  });
}

extern "C" VSLEncoder* vsl_encoder_create_options(const VSLEncoderOptions* given) {
  return capi::guard<VSLEncoder*>(nullptr, [&]() -> Result<VSLEncoder*> {
    VSL_TRY(const vsl::EncoderOptions options, capi::options_of(given));
    return capi::open(options);
  });
}

extern "C" void vsl_encoder_release(VSLEncoder* encoder) { delete encoder; }

extern "C" int vsl_encode_frame(VSLEncoder* encoder, VSLFrame* source, VSLFrame* destination,
                                const VSLRect* cropRegion, int* keyframe) {
  return capi::guard<int>(
      -1, [&] { return capi::encode(encoder, source, destination, cropRegion, keyframe); });
}

extern "C" VSLFrame* vsl_encoder_new_output_frame(const VSLEncoder* encoder, int width, int height,
                                                  int64_t duration, int64_t pts, int64_t dts) {
  return capi::guard<VSLFrame*>(nullptr, [&] {
    return capi::new_output(encoder, width, height,
                            {.pts_ns = pts, .dts_ns = dts, .duration_ns = duration});
  });
}

extern "C" int vsl_encoder_next_packet(VSLEncoder* encoder, VSLFrame* destination, int* keyframe) {
  return capi::guard<int>(-1, [&]() -> Result<int> {
    if (encoder == nullptr) return capi::no_encoder("vsl_encoder_next_packet");
    return capi::fetch(*encoder, destination, keyframe, true);
  });
}

extern "C" int vsl_encoder_force_key_frame(VSLEncoder* encoder) {
  if (encoder == nullptr)
    return capi::failed(-1, EINVAL, "vsl_encoder_force_key_frame: no encoder");
  encoder->key_frame_wanted = true;
  return 0;
}

extern "C" int vsl_encoder_drain(VSLEncoder* encoder) {
  return capi::guard_status([&]() -> Result<void> {
    if (encoder == nullptr) return capi::no_encoder("vsl_encoder_drain");
    return encoder->encoder.drain();
  });
}

extern "C" int vsl_encoder_flush(VSLEncoder* encoder) {
  return capi::guard_status([&]() -> Result<void> {
    if (encoder == nullptr) return capi::no_encoder("vsl_encoder_flush");
    return encoder->encoder.reset();
  });
}

extern "C" const char* vsl_encoder_backend_name(VSLEncoder* encoder) {
  return capi::guard<const char*>(nullptr, [&]() -> Result<const char*> {
    if (encoder == nullptr) return capi::no_encoder("vsl_encoder_backend_name");
    encoder->name = encoder->encoder.backend_name();
    return encoder->name.c_str();
  });
}

extern "C" const void* vsl_encoder_parameter_sets(const VSLEncoder* encoder, size_t* size) {
  const auto bytes =
      encoder != nullptr ? encoder->encoder.parameter_sets() : std::span<const std::byte>();
  if (size != nullptr) *size = bytes.size();
  return bytes.empty() ? nullptr : bytes.data();
}

extern "C" int vsl_codec_available(uint32_t codec, int encode, VSLCodecBackend backend) {
  return capi::guard<int>(0, [&]() -> Result<int> {
    VSL_TRY(const vsl::CodecBackend wanted, capi::backend_of(backend));
    VSL_CHECK(vsl::check_codec(vsl::Fourcc{codec}, encode != 0, wanted));
    return 1;
  });
}
