// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <utility>

#include "codec/backend.hpp"
#include "codec/crop.hpp"
#include "codec/frame_memory.hpp"
#include "codec/software/module.hpp"
#include "media/format_table.hpp"

namespace vsl::codec {
namespace {

constexpr ModuleName kModule{"videostream-ffmpeg.so", "vsl_ffmpeg_module",
                             "software codecs (FFmpeg)"};

Result<const software::Module*> load() {
  VSL_TRY(const ModuleHead* head, load_module(kModule));
  return static_cast<const software::Module*>(head);
}

Result<std::vector<CodecAbility>> abilities() {
  VSL_TRY(const software::Module* module, load());
  std::vector<CodecAbility> list;
  for (software::CodecName& codec : module->codecs()) {
    list.push_back({.codec = codec.codec,
                    .backend = CodecBackend::software,
                    .encodes = codec.encodes,
                    .decodes = !codec.encodes,
                    .name = std::move(codec.name),
                    .device = {}});
  }
  return list;
}

// ---- Encoder

software::Rate rate_of(RateControl control) {
  switch (control) {
    case RateControl::constant_bitrate:
      return software::Rate::constant;
    case RateControl::constant_qp:
      return software::Rate::quantizer;
    default:
      return software::Rate::variable;
  }
}

software::EncoderSetup module_setup(const EncoderSetup& setup) {
  const EncoderOptions& options = setup.options;
  return {.codec = options.codec,
          .format = setup.picture.layout.fourcc,
          .width_px = setup.width_px,
          .height_px = setup.height_px,
          .color = setup.picture.color,
          .rate = rate_of(options.rate_control),
          .bitrate_bps = options.bitrate_bps,
          .qp = options.qp,
          .gop = options.gop,
          .b_frames = options.b_frames,
          .rate_numerator = options.rate_numerator,
          .rate_denominator = options.rate_denominator,
          .profile = options.profile,
          .level = options.level,
          .implementation = options.implementation,
          .low_latency = options.low_latency,
          .threads = options.threads};
}

class SoftwareEncoder final : public EncoderBackend {
 public:
  static Result<std::unique_ptr<EncoderBackend>> open(const EncoderSetup& setup) {
    VSL_TRY(const software::Module* module, load());
    const software::EncoderSetup wanted = module_setup(setup);
    VSL_TRY(auto encoder, module->open_encoder(wanted));
    return std::unique_ptr<EncoderBackend>(
        new SoftwareEncoder(*module, wanted, std::move(encoder)));
  }

  Result<void> send(RawPicture& picture, const PictureWish& wish) override {
    const Layout& layout = picture.info().layout;
    const Format* format = row_format(layout);
    if (format == nullptr || format->plane_count != layout.plane_count) {
      return Error::of(std::errc::not_supported, "encode a picture of " +
                                                     std::to_string(layout.plane_count) +
                                                     " planes as " + layout.fourcc.to_string());
    }
    software::Planes planes;
    for (std::size_t i = 0; i < layout.plane_count; ++i) {
      const auto bytes = picture.plane(i);
      if (bytes.empty()) {
        return Error::of(std::errc::bad_address,
                         "encode a picture whose plane " + std::to_string(i) + " cannot be mapped");
      }
      planes.data[i] = bytes.data() + plane_offset_of(layout, i, wish.crop);
      planes.strides_bytes[i] = layout.planes[i].stride_bytes;
    }
    return encoder_->send(planes, wish.stamp, wish.key_frame);
  }

  Result<void> drain() override { return encoder_->drain(); }

  Result<void> reset() override {
    copies_before_ = copies();
    VSL_TRY(encoder_, module_.open_encoder(setup_));
    return {};
  }

  Result<std::optional<BackendPacket>> receive() override {
    VSL_TRY(const auto coded, encoder_->receive());
    if (!coded) return std::optional<BackendPacket>();
    VSL_TRY(Frame frame,
            memory_->hold(coded->bytes, setup_.codec, setup_.width_px, setup_.height_px));
    return std::optional(
        BackendPacket{std::move(frame), coded->stamp, coded->dts_stamp, coded->key_frame});
  }

  std::string name() const override { return encoder_->name(); }
  std::uint64_t copies() const override { return copies_before_ + encoder_->copies(); }

 private:
  SoftwareEncoder(const software::Module& module, software::EncoderSetup setup,
                  std::unique_ptr<software::Encoder> encoder)
      : module_(module), setup_(std::move(setup)), encoder_(std::move(encoder)) {}

  const software::Module& module_;
  software::EncoderSetup setup_;
  std::unique_ptr<software::Encoder> encoder_;
  std::shared_ptr<FrameMemory> memory_ = std::make_shared<FrameMemory>();
  std::uint64_t copies_before_ = 0;  // of encoders before a reset
};

// ---- Decoder

class PictureMemory final : public software::PictureMemory {
 public:
  Result<Block> take(std::size_t bytes) override {
    VSL_TRY(const auto block, memory->take(bytes));
    return Block{block.data, block.token};
  }
  void share(std::uint64_t token) noexcept override { memory->share(token); }
  void give_back(std::uint64_t token) noexcept override { memory->give_back(token); }

  const std::shared_ptr<FrameMemory> memory = std::make_shared<FrameMemory>();
};

class SoftwareDecoder final : public DecoderBackend {
 public:
  static Result<std::unique_ptr<DecoderBackend>> open(const DecoderOptions& options) {
    VSL_TRY(const software::Module* module, load());
    auto memory = std::make_shared<PictureMemory>();
    VSL_TRY(auto decoder, module->open_decoder({.codec = options.codec,
                                                .semi_planar = options.format == fourcc("NV12"),
                                                .low_latency = options.low_latency,
                                                .threads = options.threads,
                                                .implementation = options.implementation},
                                               memory));
    return std::unique_ptr<DecoderBackend>(new SoftwareDecoder(memory->memory, std::move(decoder)));
  }

  Result<void> send(std::span<const std::byte> unit, std::int64_t stamp) override {
    return decoder_->send(unit, stamp);
  }
  Result<void> drain() override { return decoder_->drain(); }
  Result<void> reset() override { return decoder_->reset(); }

  Result<std::optional<BackendPicture>> receive() override {
    VSL_TRY(const auto picture, decoder_->receive());
    if (!picture) return std::optional<BackendPicture>();
    FrameInfo info{.layout = picture->layout};
    info.color = picture->color;
    info.interlace = picture->interlace;
    VSL_TRY(Frame frame, memory_->wrap(info, picture->token));
    return std::optional(BackendPicture{std::move(frame), picture->stamp, picture->flawed});
  }

  std::string name() const override { return decoder_->name(); }
  DecoderCounts counts() const override {
    return {decoder_->damaged(), decoder_->copies(), memory_->buffers()};
  }

 private:
  SoftwareDecoder(std::shared_ptr<FrameMemory> memory, std::unique_ptr<software::Decoder> decoder)
      : memory_(std::move(memory)), decoder_(std::move(decoder)) {}

  std::shared_ptr<FrameMemory> memory_;
  std::unique_ptr<software::Decoder> decoder_;
};

}  // namespace

const Backend kSoftwareBackend{CodecBackend::software, abilities, SoftwareEncoder::open,
                               SoftwareDecoder::open};

}  // namespace vsl::codec
