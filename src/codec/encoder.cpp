// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/guarded.hpp"
#include "codec/backend.hpp"
#include "codec/by_stamp.hpp"
#include "codec/crop.hpp"
#include "codec/parameter_sets.hpp"
#include "codec/raw_picture.hpp"
#include "frame/attach.hpp"

namespace vsl {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint32_t kMostQp = 51, kMostBFrames = 16;

Error refuse(const std::string& why) {
  return Error::of(std::errc::invalid_argument, "create an encoder: " + why);
}

Result<void> check(const EncoderOptions& options) {
  if (options.rate_numerator == 0 || options.rate_denominator == 0 ||
      options.rate_numerator > INT32_MAX || options.rate_denominator > INT32_MAX) {
    return refuse("a frame rate of " + std::to_string(options.rate_numerator) + "/" +
                  std::to_string(options.rate_denominator));
  }
  if (options.qp > kMostQp) return refuse("qp " + std::to_string(options.qp) + " (0 to 51)");
  if (options.b_frames > kMostBFrames) {
    return refuse(std::to_string(options.b_frames) + " B-frames in a row (16 at most)");
  }
  return {};
}

// A tenth of a bit for each pixel: pictures of cameras look good with it.
std::uint64_t usual_bitrate_bps(const EncoderOptions& options, const Rect& part) {
  constexpr std::uint64_t kPixelsPerBit = 10, kLeast = 100'000;
  const auto pixels =
      static_cast<std::uint64_t>(part.width) * static_cast<std::uint64_t>(part.height);
  const double rate = static_cast<double>(options.rate_numerator) / options.rate_denominator;
  return std::max(kLeast,
                  static_cast<std::uint64_t>(static_cast<double>(pixels) * rate) / kPixelsPerBit);
}

EncoderOptions with_defaults(EncoderOptions options, const Rect& part) {
  if (options.bitrate_bps == 0) options.bitrate_bps = usual_bitrate_bps(options, part);
  if (options.gop == 0) {
    const std::uint64_t numerator = options.rate_numerator, denominator = options.rate_denominator;
    options.gop = static_cast<std::uint32_t>(
        std::max<std::uint64_t>(1, (numerator + denominator / 2) / denominator));
  }
  return options;
}

std::string shape_text(Fourcc format, const Rect& part) {
  return std::to_string(part.width) + "x" + std::to_string(part.height) + " " + format.to_string();
}

}  // namespace

struct Encoder::Impl {
  EncoderOptions options;
  const codec::Backend* backend = nullptr;
  std::unique_ptr<codec::EncoderBackend> open;
  Fourcc format;
  Rect first_part;
  std::int64_t next_stamp = 0;
  bool drained = false;
  codec::ByStamp<FrameInfo> inside;  // what pictures say that packets say, too
  std::int64_t first_pts_ns = 0;
  codec::ParameterSets parameter_sets;
  EncoderStats stats;

  std::int64_t picture_ns() const {
    return kNsPerSecond * options.rate_denominator / options.rate_numerator;
  }
  Result<void> open_for(codec::RawPicture& picture, const Rect& part);
  Result<void> encode(codec::RawPicture& picture, const EncodeWish& wish);
  void remember(const FrameInfo& picture, std::int64_t stamp);
  Frame describe(codec::BackendPacket packet);
  Result<std::optional<Frame>> next_packet();
};

Result<void> Encoder::Impl::open_for(codec::RawPicture& picture, const Rect& part) {
  codec::EncoderSetup setup{.options = with_defaults(options, part),
                            .picture = picture.info(),
                            .width_px = static_cast<std::uint32_t>(part.width),
                            .height_px = static_cast<std::uint32_t>(part.height),
                            .in_dma_bufs = is_dma_buf(picture.buffer_fd(0))};
  VSL_TRY(open, backend->open_encoder(setup));
  options = setup.options;
  format = picture.info().layout.fourcc;
  first_part = part;
  return {};
}

Result<void> Encoder::Impl::encode(codec::RawPicture& picture, const EncodeWish& wish) {
  if (drained) {
    return Error::of(std::errc::operation_not_permitted,
                     "encode a picture after drain(): reset() first");
  }
  const FrameInfo& info = picture.info();
  VSL_TRY(const Rect part, codec::part_to_encode(info, wish.crop));
  if (open == nullptr) VSL_CHECK(open_for(picture, part));
  if (info.layout.fourcc != format || part.width != first_part.width ||
      part.height != first_part.height) {
    return Error::of(std::errc::invalid_argument, "encode " + shape_text(info.layout.fourcc, part) +
                                                      " with an encoder of " +
                                                      shape_text(format, first_part));
  }
  VSL_CHECK(open->send(picture, {next_stamp, wish.key_frame, part}));
  remember(info, next_stamp++);
  ++stats.pictures;
  return {};
}

// A picture without a time gets that of its capture, or one by its number.
void Encoder::Impl::remember(const FrameInfo& picture, std::int64_t stamp) {
  FrameInfo kept = picture;
  FrameTimes& times = kept.times;
  if (times.pts_ns < 0)
    times.pts_ns = times.captured_ns > 0 ? times.captured_ns : stamp * picture_ns();
  if (times.duration_ns < 0) times.duration_ns = picture_ns();
  if (stamp == 0) first_pts_ns = times.pts_ns;
  inside.put(stamp, kept);
}

Frame Encoder::Impl::describe(codec::BackendPacket packet) {
  Frame frame = std::move(packet.frame);
  const FrameInfo* picture = inside.find(packet.stamp);
  FrameInfo& info = frame.info();
  info.key_frame = packet.key_frame;
  if (picture == nullptr) return frame;
  info.color = picture->color;
  info.rotation = picture->rotation;
  info.clocks = picture->clocks;
  info.source_sequence = picture->source_sequence;
  info.times = picture->times;
  info.times.published_ns = info.times.expires_ns = 0;
  const FrameInfo* due = inside.find(packet.dts_stamp);
  info.times.dts_ns =
      due != nullptr ? due->times.pts_ns : first_pts_ns + packet.dts_stamp * picture_ns();
  return frame;
}

Result<std::optional<Frame>> Encoder::Impl::next_packet() {
  if (open == nullptr) return std::optional<Frame>();
  VSL_TRY(auto packet, open->receive());
  if (!packet) return std::optional<Frame>();
  Frame frame = describe(std::move(*packet));
  ++stats.packets;
  stats.key_frames += frame.info().key_frame ? 1 : 0;
  stats.bytes += frame.info().layout.buffer_bytes[0];
  if (frame.info().key_frame) parameter_sets.see(options.codec, frame.plane(0));
  return std::optional(std::move(frame));
}

Encoder::Encoder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

Result<Encoder> Encoder::create(const EncoderOptions& options) {
  return guarded("create an encoder", [&]() -> Result<Encoder> {
    VSL_CHECK(check(options));
    auto impl = std::make_unique<Impl>();
    impl->options = options;
    VSL_TRY(impl->backend,
            codec::select_backend(options.backend, options.codec, true, options.implementation));
    return Encoder(std::move(impl));
  });
}

Result<void> Encoder::encode(Frame& picture, const EncodeWish& wish) {
  return guarded("encode a picture", [&] {
    codec::PictureOfFrame raw(picture);
    return impl_->encode(raw, wish);
  });
}

Result<void> Encoder::encode(const Lease& picture, const EncodeWish& wish) {
  return guarded("encode a picture", [&] {
    codec::PictureOfLease raw(picture);
    return impl_->encode(raw, wish);
  });
}

Result<void> Encoder::drain() {
  return guarded("drain an encoder", [&]() -> Result<void> {
    if (std::exchange(impl_->drained, true) || impl_->open == nullptr) return {};
    return impl_->open->drain();
  });
}

Result<void> Encoder::reset() {
  return guarded("reset an encoder", [&]() -> Result<void> {
    impl_->drained = false;
    return impl_->open != nullptr ? impl_->open->reset() : Result<void>();
  });
}

Result<std::optional<Frame>> Encoder::next_packet() {
  return guarded("fetch a packet", [&] { return impl_->next_packet(); });
}

std::span<const std::byte> Encoder::parameter_sets() const noexcept {
  return impl_->parameter_sets.bytes();
}
std::uint32_t Encoder::parameter_sets_version() const noexcept {
  return impl_->parameter_sets.version();
}

CodecBackend Encoder::backend() const noexcept { return impl_->backend->id; }

std::string Encoder::backend_name() const {
  const std::string backend = to_string(impl_->backend->id);
  return impl_->open != nullptr ? backend + ": " + impl_->open->name() : backend;
}

const EncoderOptions& Encoder::options() const noexcept { return impl_->options; }

EncoderStats Encoder::stats() const noexcept {
  EncoderStats stats = impl_->stats;
  if (impl_->open != nullptr) stats.copies = impl_->open->copies();
  return stats;
}

}  // namespace vsl
