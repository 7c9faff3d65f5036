// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "owned.hpp"
#include "state.hpp"

namespace vsl::standin {
namespace {

using codec::hantro::abi::Handle;

struct Encoder {
  abi::EncoderOpen setup{};
  Context context;
  PacketPtr packet{av_packet_alloc()};
  bool told_info = false, has_frames = false, gave_header = false, used_is_due = false;
  int inputs = 0;
  std::int64_t pictures = 0;
};

std::vector<Encoder*>& open_encoders() {
  static auto& encoders = *new std::vector<Encoder*>;
  return encoders;
}

Encoder* find(Handle handle) {
  auto& all = open_encoders();
  const auto found = std::find(all.begin(), all.end(), handle);
  return found != all.end() ? *found : nullptr;
}

bool is_packed(const abi::EncoderOpen& setup) { return setup.color_format != abi::k420; }

std::size_t stride_of(const abi::EncoderOpen& setup) {
  return static_cast<std::size_t>(setup.memory_width_px) * (is_packed(setup) ? 2 : 1);
}

std::size_t picture_bytes(const abi::EncoderOpen& setup) {
  const std::size_t luma = stride_of(setup) * static_cast<std::size_t>(setup.memory_height_px);
  return is_packed(setup) ? luma : luma + luma / 2;
}

std::int32_t check(const Call& call, const abi::EncoderOpen& setup) {
  constexpr std::size_t kCommonBytes = 80, kLargest = 512;
  if (setup.width_px % 2 != 0 || setup.height_px % 2 != 0 || setup.width_px <= 0 ||
      setup.memory_width_px < setup.width_px || setup.memory_height_px < setup.height_px) {
    return call.object(abi::kInvalidParameter, "size");
  }
  if (stride_of(setup) % 16 != 0) return call.object(abi::kInvalidStride, "memory width");
  if (setup.rate_fps <= 0 || setup.gop <= 0 || setup.bitrate_bps < 0 || setup.rotation != 0) {
    return call.object(abi::kInvalidParameter, "rate or group");
  }
  if (setup.bitrate_bps == 0 && setup.least_qp != setup.most_qp) {
    return call.object(abi::kInvalidParameter, "neither bitrate nor qp");
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(&setup);
  if (std::any_of(bytes + kCommonBytes, bytes + kLargest,
                  [](std::byte byte) { return byte != std::byte{0}; })) {
    return call.object(abi::kInvalidParameter, "what lies elsewhere in other releases");
  }
  return abi::kSuccess;
}

void set_options(AVCodecContext& context, const abi::EncoderOpen& setup) {
  context.width = setup.width_px;
  context.height = setup.height_px;
  context.time_base = {1, setup.rate_fps};
  context.framerate = {setup.rate_fps, 1};
  context.pix_fmt = AV_PIX_FMT_YUV420P;
  context.gop_size = setup.gop;
  context.max_b_frames = 0;
  context.thread_count = 1;
  if (behaviour().header_apart) context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  av_opt_set(context.priv_data, "preset", "ultrafast", 0);
  av_opt_set(context.priv_data, "tune", "zerolatency", 0);
  av_opt_set(context.priv_data, "forced-idr", "1", 0);
  const std::string quiet = "log-level=none:pools=none:frame-threads=1";
  av_opt_set(context.priv_data, "x265-params", quiet.c_str(), 0);
  if (setup.bitrate_bps > 0) {
    context.bit_rate = setup.bitrate_bps;
  } else {
    av_opt_set_int(context.priv_data, "qp", setup.least_qp, 0);
  }
}

// Reads the picture as the device would: from physical memory alone.
FramePtr read(const Call& call, const abi::EncoderOpen& setup, const abi::EncodeCall& input) {
  const std::byte* memory = memory_at(call, input.input_physical, picture_bytes(setup));
  FramePtr frame(av_frame_alloc());
  frame->width = setup.width_px;
  frame->height = setup.height_px;
  frame->format = AV_PIX_FMT_YUV420P;
  if (memory == nullptr || av_frame_get_buffer(frame.get(), 0) != 0) return nullptr;
  const std::size_t stride = stride_of(setup);
  const std::size_t luma = stride * static_cast<std::size_t>(setup.memory_height_px);
  const auto at = [&](std::size_t offset) { return std::to_integer<std::uint8_t>(memory[offset]); };
  const std::size_t packed_luma = setup.color_format == abi::k422Uyvy ? 1 : 0;
  for (std::size_t y = 0; y < static_cast<std::size_t>(setup.height_px); ++y) {
    std::uint8_t* row = frame->data[0] + y * static_cast<std::size_t>(frame->linesize[0]);
    if (!is_packed(setup)) {
      std::memcpy(row, memory + y * stride, static_cast<std::size_t>(setup.width_px));
      continue;
    }
    for (std::size_t x = 0; x < static_cast<std::size_t>(setup.width_px); ++x) {
      row[x] = at(y * stride + 2 * x + packed_luma);
    }
  }
  for (std::size_t y = 0; y < static_cast<std::size_t>(setup.height_px) / 2; ++y) {
    for (std::size_t x = 0; x < static_cast<std::size_t>(setup.width_px) / 2; ++x) {
      for (std::size_t c = 0; c < 2; ++c) {
        std::size_t from = luma + y * stride + 2 * x + c;
        if (setup.chroma_interleave == 0) from = luma + c * luma / 4 + y * stride / 2 + x;
        if (is_packed(setup)) from = 2 * y * stride + 4 * x + 2 * c + 1 - packed_luma;
        frame->data[c + 1][y * static_cast<std::size_t>(frame->linesize[c + 1]) + x] = at(from);
      }
    }
  }
  return frame;
}

std::int32_t check(const Call& call, const abi::EncoderOpen& setup, const abi::EncodeCall& input) {
  if (input.flags != 0 || input.coded_bytes != 0 || input.standard != setup.standard ||
      input.width_px != setup.width_px || input.height_px != setup.height_px) {
    return call.object(abi::kInvalidParameter, "what is encoded");
  }
  if (input.input == nullptr || number(input.input->luma) != input.input_physical) {
    return call.object(abi::kInvalidFrame, "two addresses of luma");
  }
  const std::size_t luma = stride_of(setup) * static_cast<std::size_t>(setup.memory_height_px);
  if (input.input->luma_stride_bytes != stride_of(setup) ||
      (!is_packed(setup) && number(input.input->cb) != input.input_physical + luma)) {
    return call.object(abi::kInvalidStride, "two places of rows");
  }
  const auto chroma = static_cast<std::ptrdiff_t>(setup.chroma_interleave != 0 ? 1 : luma / 4);
  if (!is_packed(setup) && input.input->cr - input.input->cb != chroma) {
    return call.object(abi::kInvalidFrame, "two places of chroma");
  }
  if (input.input_bytes < static_cast<std::int32_t>(picture_bytes(setup)) ||
      input.input_physical % 16 != 0 || input.input_physical + picture_bytes(setup) > 1ULL << 32) {
    return call.object(abi::kInvalidFrame, "where the picture lies");
  }
  std::byte* out = memory_at(call, input.output_physical, input.output_bytes);
  if (!is_same(out, reinterpret_cast<std::byte*>(input.output_virtual))) {
    return call.object(abi::kInvalidParameter, "where the packet goes");
  }
  return abi::kSuccess;
}

std::int32_t put(const Call& call, abi::EncodeCall& answer, const std::uint8_t* bytes,
                 std::size_t size, std::uint32_t flags) {
  if (size > answer.output_bytes) return abi::kFailure;
  std::memcpy(memory_at(call, answer.output_physical, size), bytes, size);
  answer.coded_bytes = static_cast<std::int32_t>(size);
  answer.flags = flags;
  return abi::kSuccess;
}

std::int32_t encode(const Call& call, Encoder& encoder, abi::EncodeCall& answer) {
  const AVCodecContext& context = *encoder.context;
  if (!std::exchange(encoder.gave_header, true) && context.extradata_size > 0) {
    return put(call, answer, context.extradata, static_cast<std::size_t>(context.extradata_size),
               abi::kEncHeader);
  }
  if (std::exchange(encoder.used_is_due, false)) {
    answer.flags = abi::kEncInputUsed;
    return abi::kSuccess;
  }
  const int every = behaviour().refuse_every;
  if (every > 0 && ++encoder.inputs % every == 0) return abi::kSuccess;
  FramePtr frame = read(call, encoder.setup, answer);
  if (frame == nullptr) return abi::kInvalidFrame;
  frame->pts = encoder.pictures++;
  frame->pict_type = answer.force_key != 0 ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  if (avcodec_send_frame(encoder.context.get(), frame.get()) != 0 ||
      avcodec_receive_packet(encoder.context.get(), encoder.packet.get()) != 0) {
    return abi::kFailure;
  }
  encoder.used_is_due = behaviour().used_apart;
  const auto status =
      put(call, answer, encoder.packet->data, static_cast<std::size_t>(encoder.packet->size),
          abi::kEncPacket | (encoder.used_is_due ? 0U : std::uint32_t{abi::kEncInputUsed}));
  av_packet_unref(encoder.packet.get());
  return status;
}

}  // namespace

VSL_WRAPPER VPU_EncLoad() { return load("VPU_EncLoad"); }
VSL_WRAPPER VPU_EncUnLoad() { return unload("VPU_EncUnLoad"); }
VSL_WRAPPER VPU_EncGetWrapperVersionInfo(abi::WrapperVersion* info) {
  return version("VPU_EncGetWrapperVersionInfo", info);
}
VSL_WRAPPER VPU_EncQueryMem(abi::MemoryInfo* info) { return query_memory("VPU_EncQueryMem", info); }
VSL_WRAPPER VPU_EncGetMem(abi::MemoryDescription* memory) {
  return get_memory("VPU_EncGetMem", memory);
}
VSL_WRAPPER VPU_EncFreeMem(abi::MemoryDescription* memory) {
  return free_memory("VPU_EncFreeMem", memory);
}

VSL_WRAPPER VPU_EncOpen(Handle* handle, abi::MemoryInfo* memory, abi::EncoderOpen* setup) {
  const Call call("VPU_EncOpen");
  if (call.fails()) return call.status();
  if (const auto status = check_memory(call, memory)) return status;
  if (const auto status = check(call, *setup)) return status;
  const AVCodec* codec = avcodec_find_encoder_by_name(setup->standard == abi::kAvc    ? "libx264"
                                                      : setup->standard == abi::kHevc ? "libx265"
                                                                                      : "none");
  if (codec == nullptr) return call.object(abi::kInvalidParameter, "standard");
  auto encoder = std::make_unique<Encoder>();
  encoder->setup = *setup;
  encoder->context.reset(avcodec_alloc_context3(codec));
  set_options(*encoder->context, *setup);
  if (avcodec_open2(encoder->context.get(), codec, nullptr) != 0) return abi::kFailure;
  hold(encoder.get(), number(memory->blocks[1].physical_address));
  ++account().handles;
  *handle = open_encoders().emplace_back(encoder.release());
  return abi::kSuccess;
}

VSL_WRAPPER VPU_EncClose(Handle handle) {
  const Call call("VPU_EncClose");
  Encoder* encoder = find(handle);
  if (encoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  open_encoders().erase(std::find(open_encoders().begin(), open_encoders().end(), encoder));
  let_go(encoder);
  delete encoder;
  --account().handles;
  return call.status();
}

VSL_WRAPPER VPU_EncConfig(Handle handle, std::int32_t what, void*) {
  const Call call("VPU_EncConfig");
  if (call.fails()) return call.status();
  if (find(handle) == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  return what == abi::kHeaderBeforeKey ? abi::kSuccess : abi::kInvalidParameter;
}

VSL_WRAPPER VPU_EncGetInitialInfo(Handle handle, abi::EncoderInfo* info) {
  const Call call("VPU_EncGetInitialInfo");
  if (call.fails()) return call.status();
  Encoder* encoder = find(handle);
  if (encoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  encoder->told_info = true;
  *info = {behaviour().encoder_frames, 64, 0};
  return abi::kSuccess;
}

VSL_WRAPPER VPU_EncRegisterFrameBuffer(Handle handle, abi::FrameBuffer* frames, std::int32_t count,
                                       std::int32_t stride_bytes) {
  const Call call("VPU_EncRegisterFrameBuffer");
  if (call.fails()) return call.status();
  Encoder* encoder = find(handle);
  if (encoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if (!encoder->told_info) return call.object(abi::kWrongSequence, "before GetInitialInfo");
  if (count < behaviour().encoder_frames) return call.object(abi::kTooFewFrames, "too few");
  for (std::int32_t i = 0; i < count; ++i) {
    const auto status =
        check_frame(call, frames[i], encoder->setup.width_px, encoder->setup.height_px);
    if (status != abi::kSuccess) return status;
    if (frames[i].luma_stride_bytes != static_cast<std::uint32_t>(stride_bytes)) {
      return call.object(abi::kInvalidStride, "two strides");
    }
    hold(encoder, number(frames[i].luma));
  }
  encoder->has_frames = true;
  return abi::kSuccess;
}

VSL_WRAPPER VPU_EncEncodeFrame(Handle handle, abi::EncodeCall* answer) {
  const Call call("VPU_EncEncodeFrame");
  if (call.fails()) return call.status();
  Encoder* encoder = find(handle);
  if (encoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if (!encoder->told_info || (behaviour().encoder_frames > 0 && !encoder->has_frames)) {
    return call.object(abi::kWrongSequence, "before GetInitialInfo or frames");
  }
  if (const auto status = check(call, encoder->setup, *answer)) return status;
  return encode(call, *encoder, *answer);
}

}  // namespace vsl::standin
