// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "owned.hpp"
#include "state.hpp"

namespace vsl::standin {
namespace {

using codec::hantro::abi::Handle;

struct RegisteredFrame {
  abi::FrameBuffer description;
  std::byte* luma;
  std::byte* chroma;
  bool shown = false;
  std::size_t bytes_sum = 0;  ///< when it was shown
  abi::FrameExtra extra{};
};

struct Decoder {
  Context context;
  PacketPtr packet{av_packet_alloc()};
  std::deque<FramePtr> pictures;  ///< decoded, not yet in a frame
  std::vector<std::unique_ptr<RegisteredFrame>> frames;
  RegisteredFrame* output = nullptr;  ///< to be fetched
  int width_px = 0, height_px = 0;    ///< that the frames are for
  std::int32_t input_type = abi::kNormal, error = abi::kIntact;
  bool wants_info = false, wants_frames = false, has_unit = false, flushed = false;
  int inputs = 0;
  std::uint64_t working_memory = 0;
};

std::vector<Decoder*>& open_decoders() {
  static auto& decoders = *new std::vector<Decoder*>;
  return decoders;
}

Decoder* find(Handle handle) {
  auto& all = open_decoders();
  const auto found = std::find(all.begin(), all.end(), handle);
  return found != all.end() ? *found : nullptr;
}

int rounded(int px) { return (px + 15) / 16 * 16; }

std::size_t sum_of(const Decoder& decoder, const RegisteredFrame& frame) {
  std::size_t sum = 0;
  const std::size_t stride = frame.description.luma_stride_bytes;
  for (int row = 0; row < decoder.height_px; ++row) {
    for (int x = 0; x < decoder.width_px; x += 7) {
      sum = sum * 31 + std::to_integer<std::size_t>(frame.luma[row * stride + x]);
    }
  }
  return sum;
}

void write(const Decoder& decoder, RegisteredFrame& frame, const AVFrame& picture) {
  const std::size_t stride = frame.description.luma_stride_bytes;
  for (int row = 0; row < decoder.height_px; ++row) {
    std::memcpy(frame.luma + row * stride, picture.data[0] + row * picture.linesize[0],
                static_cast<std::size_t>(decoder.width_px));
  }
  for (int row = 0; row < (decoder.height_px + 1) / 2; ++row) {
    std::byte* out = frame.chroma + row * stride;
    for (int x = 0; x < (decoder.width_px + 1) / 2; ++x) {
      out[2 * x] = std::byte{picture.data[1][row * picture.linesize[1] + x]};
      out[2 * x + 1] = std::byte{picture.data[2][row * picture.linesize[2] + x]};
    }
  }
}

void fetch_pictures(Decoder& decoder) {
  for (;;) {
    FramePtr picture(av_frame_alloc());
    if (avcodec_receive_frame(decoder.context.get(), picture.get()) != 0) return;
    if (picture->flags & AV_FRAME_FLAG_CORRUPT) decoder.error = abi::kCorruptStream;
    decoder.pictures.push_back(std::move(picture));
  }
}

// Shows the next picture, or asks for what it needs for that.
std::uint32_t show(Decoder& decoder) {
  const AVFrame& picture = *decoder.pictures.front();
  if (picture.width != decoder.width_px || picture.height != decoder.height_px) {
    const bool first = decoder.width_px == 0;
    decoder.width_px = picture.width;
    decoder.height_px = picture.height;
    decoder.wants_info = decoder.wants_frames = true;
    return first ? abi::kDecInitialized : abi::kDecNewSize;
  }
  const auto free = std::find_if(decoder.frames.begin(), decoder.frames.end(),
                                 [](const auto& frame) { return !frame->shown; });
  if (free == decoder.frames.end()) return abi::kDecNeedsFrames;
  RegisteredFrame& frame = **free;
  write(decoder, frame, picture);
  frame.shown = true;
  frame.bytes_sum = sum_of(decoder, frame);
  frame.extra = {};
  frame.extra.crop = {0, 0, static_cast<std::uint32_t>(decoder.width_px),
                      static_cast<std::uint32_t>(decoder.height_px)};
  frame.extra.picture_ids = {static_cast<std::int32_t>(picture.pts), -1};
  decoder.output = &frame;
  decoder.pictures.pop_front();
  return behaviour().flaws ? abi::kDecFlawedPicture : abi::kDecPicture;
}

std::int32_t take_input(Decoder& decoder, const abi::InputNode& input, std::uint32_t& flags) {
  ++decoder.inputs;
  const int every = behaviour().refuse_every;
  if (every > 0 && decoder.inputs % every == 0) return abi::kSuccess;
  if (av_new_packet(decoder.packet.get(), static_cast<int>(input.size_bytes)) != 0) {
    return abi::kFailure;
  }
  std::memcpy(decoder.packet->data, input.virtual_address, input.size_bytes);
  decoder.packet->pts = input.picture_id;
  const int sent = avcodec_send_packet(decoder.context.get(), decoder.packet.get());
  av_packet_unref(decoder.packet.get());
  fetch_pictures(decoder);
  if (sent < 0) {
    decoder.error = abi::kCorruptStream;
    return abi::kFailure;
  }
  decoder.has_unit = true;
  flags = abi::kDecInputUsed | abi::kDecUnitConsumed;
  return abi::kSuccess;
}

std::int32_t decode(const Call& call, Decoder& decoder, const abi::InputNode& input,
                    std::uint32_t& flags) {
  if (decoder.wants_info || decoder.wants_frames || decoder.output != nullptr || decoder.has_unit) {
    return call.object(abi::kWrongSequence, "the last answer was not seen to");
  }
  decoder.error = abi::kIntact;
  if (input.size_bytes == 0 && decoder.input_type == abi::kDrain && !decoder.flushed) {
    decoder.flushed = true;
    (void)avcodec_send_packet(decoder.context.get(), nullptr);
    fetch_pictures(decoder);
  }
  if (!decoder.pictures.empty()) {
    flags = show(decoder);
  } else if (input.size_bytes != 0) {
    if (decoder.flushed) return call.object(abi::kWrongSequence, "input after the drain");
    return take_input(decoder, input, flags);
  } else {
    flags = decoder.flushed ? abi::kDecEndOfStream : abi::kDecNeedsInput;
  }
  return abi::kSuccess;
}

}  // namespace

VSL_WRAPPER VPU_DecLoad() { return load("VPU_DecLoad"); }
VSL_WRAPPER VPU_DecUnLoad() { return unload("VPU_DecUnLoad"); }
VSL_WRAPPER VPU_DecGetWrapperVersionInfo(abi::WrapperVersion* info) {
  return version("VPU_DecGetWrapperVersionInfo", info);
}
VSL_WRAPPER VPU_DecQueryMem(abi::MemoryInfo* info) { return query_memory("VPU_DecQueryMem", info); }
VSL_WRAPPER VPU_DecGetMem(abi::MemoryDescription* memory) {
  return get_memory("VPU_DecGetMem", memory);
}
VSL_WRAPPER VPU_DecFreeMem(abi::MemoryDescription* memory) {
  return free_memory("VPU_DecFreeMem", memory);
}

VSL_WRAPPER VPU_DecOpen(Handle* handle, abi::DecoderOpen* setup, abi::MemoryInfo* memory) {
  const Call call("VPU_DecOpen");
  if (call.fails()) return call.status();
  if (const auto status = check_memory(call, memory)) return status;
  if (setup->chroma_interleave != 1 || setup->secure_mode != 0 || setup->reorder != 1) {
    return call.object(abi::kInvalidParameter, "what is opened");
  }
  const AVCodec* codec = avcodec_find_decoder(setup->standard == abi::kAvc    ? AV_CODEC_ID_H264
                                              : setup->standard == abi::kHevc ? AV_CODEC_ID_HEVC
                                                                              : AV_CODEC_ID_NONE);
  if (codec == nullptr) return call.object(abi::kInvalidParameter, "standard");
  auto decoder = std::make_unique<Decoder>();
  decoder->context.reset(avcodec_alloc_context3(codec));
  decoder->context->thread_count = 1;
  if (avcodec_open2(decoder->context.get(), codec, nullptr) != 0) return abi::kFailure;
  decoder->working_memory = number(memory->blocks[1].physical_address);
  hold(decoder.get(), decoder->working_memory);
  ++account().handles;
  *handle = open_decoders().emplace_back(decoder.release());
  return abi::kSuccess;
}

VSL_WRAPPER VPU_DecClose(Handle handle) {
  const Call call("VPU_DecClose");
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  open_decoders().erase(std::find(open_decoders().begin(), open_decoders().end(), decoder));
  let_go(decoder);
  delete decoder;
  --account().handles;
  return call.status();
}

VSL_WRAPPER VPU_DecConfig(Handle handle, std::int32_t what, void* value) {
  const Call call("VPU_DecConfig");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if (what == abi::kInputType) decoder->input_type = *static_cast<std::int32_t*>(value);
  return abi::kSuccess;
}

VSL_WRAPPER VPU_DecDecodeBuf(Handle handle, abi::InputNode* input, std::int32_t* flags) {
  const Call call("VPU_DecDecodeBuf");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if ((input->size_bytes != 0) != (input->virtual_address != nullptr) ||
      input->codec_data.size_bytes != 0) {
    return call.object(abi::kInvalidParameter, "input");
  }
  std::uint32_t answer = 0;
  const std::int32_t status = decode(call, *decoder, *input, answer);
  *flags = static_cast<std::int32_t>(answer);
  return status;
}

VSL_WRAPPER VPU_DecGetInitialInfo(Handle handle, abi::DecoderInfo* info) {
  const Call call("VPU_DecGetInitialInfo");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if (!decoder->wants_info) return call.object(abi::kWrongSequence, "nothing new");
  decoder->wants_info = false;
  *info = {};
  info->width_px = rounded(decoder->width_px);
  info->height_px = rounded(decoder->height_px);
  info->crop = {0, 0, static_cast<std::uint32_t>(decoder->width_px),
                static_cast<std::uint32_t>(decoder->height_px)};
  info->least_frames = behaviour().decoder_frames;
  info->alignment_bytes = 64;
  info->frame_bytes = info->width_px * info->height_px * 7 / 4 + 1000;
  info->bit_depth = decoder->context->pix_fmt == AV_PIX_FMT_YUV420P10 ? 10 : 8;
  info->has_color = 1;
  info->primaries = static_cast<std::uint32_t>(decoder->context->color_primaries);
  info->transfer = static_cast<std::uint32_t>(decoder->context->color_trc);
  info->matrix = static_cast<std::uint32_t>(decoder->context->colorspace);
  info->full_range = decoder->context->color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  return abi::kSuccess;
}

VSL_WRAPPER VPU_DecRegisterFrameBuffer(Handle handle, abi::FrameBuffer* frames,
                                       std::int32_t count) {
  const Call call("VPU_DecRegisterFrameBuffer");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if (decoder->wants_info || !decoder->wants_frames) {
    return call.object(abi::kWrongSequence, "not asked for");
  }
  if (count < behaviour().decoder_frames) return call.object(abi::kTooFewFrames, "too few");
  decoder->frames.clear();
  let_go(decoder);  // of the old ones
  hold(decoder, decoder->working_memory);
  for (std::int32_t i = 0; i < count; ++i) {
    const auto status = check_frame(call, frames[i], decoder->width_px, decoder->height_px);
    if (status != abi::kSuccess) return status;
    if (frames[i].index != i) return call.object(abi::kInvalidFrame, "number of a frame");
    const auto bytes = static_cast<std::size_t>(rounded(decoder->width_px)) *
                           static_cast<std::size_t>(rounded(decoder->height_px)) * 7 / 4 +
                       1000;
    if (memory_at(call, number(frames[i].luma), bytes) == nullptr) return abi::kInvalidFrame;
    decoder->frames.push_back(std::make_unique<RegisteredFrame>(
        RegisteredFrame{frames[i], memory_at(call, number(frames[i].luma), 1),
                        memory_at(call, number(frames[i].cb), 1)}));
    hold(decoder, number(frames[i].luma));
  }
  decoder->wants_frames = false;
  return abi::kSuccess;
}

VSL_WRAPPER VPU_DecGetOutputFrame(Handle handle, abi::OutputFrame* output) {
  const Call call("VPU_DecGetOutputFrame");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if (decoder->output == nullptr) return call.object(abi::kWrongSequence, "no picture");
  *output = {};
  output->frame = &decoder->output->description;
  output->extra = behaviour().passes_ids ? &decoder->output->extra : nullptr;
  decoder->output = nullptr;
  return abi::kSuccess;
}

VSL_WRAPPER VPU_DecOutFrameDisplayed(Handle handle, abi::FrameBuffer* shown) {
  const Call call("VPU_DecOutFrameDisplayed");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  for (const auto& frame : decoder->frames) {
    if (&frame->description != shown || !frame->shown) continue;
    if (sum_of(*decoder, *frame) != frame->bytes_sum) {
      (void)call.object(abi::kInvalidFrame, "somebody wrote into a picture");
    }
    frame->shown = false;
    return abi::kSuccess;
  }
  return call.object(abi::kInvalidFrame, "a frame that was not shown");
}

VSL_WRAPPER VPU_DecGetConsumedFrameInfo(Handle handle, abi::ConsumedUnit* unit) {
  const Call call("VPU_DecGetConsumedFrameInfo");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  if (!decoder->has_unit) return call.object(abi::kWrongSequence, "no unit");
  decoder->has_unit = false;
  *unit = {};
  return abi::kSuccess;
}

VSL_WRAPPER VPU_DecGetErrInfo(Handle handle, std::int32_t* error) {
  const Call call("VPU_DecGetErrInfo");
  if (call.fails()) return call.status();
  Decoder* decoder = find(handle);
  if (decoder == nullptr) return call.object(abi::kInvalidHandle, "nothing open");
  *error = decoder->error;
  return abi::kSuccess;
}

}  // namespace vsl::standin
