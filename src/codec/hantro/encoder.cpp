// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "codec/frame_memory.hpp"
#include "codec/hantro/devices.hpp"
#include "codec/hantro/encoder_input.hpp"
#include "codec/hantro/encoder_session.hpp"
#include "media/nal.hpp"

namespace vsl::codec::hantro {
namespace {

/// An encoder that has done nothing for so long hangs.
constexpr std::int64_t kDeviceLimitNs = 30'000'000'000;
/// Answers to one picture before the encoder is taken to go round in circles.
constexpr int kMostAnswers = 1000;
constexpr std::int32_t kLeastQp = 10, kMostQp = 51;
constexpr std::size_t kLeastPacketBytes = 1U << 20;

/// What the wrapper offers no way to say, or in one of its releases only.
Result<void> check_wishes(const EncoderOptions& options) {
  const auto refuse = [](const std::string& what, const std::string& there_is) {
    return Error::of(std::errc::not_supported,
                     "encode with " + what + " with Hantro, which " + there_is);
  };
  if (options.b_frames > 0) return refuse("B-frames", "makes none");
  if (!options.profile.empty()) {
    return refuse("profile " + options.profile,
                  "takes no wish: HEVC is main, H264 baseline, main or high as it finds good");
  }
  if (!options.level.empty()) return refuse("level " + options.level, "chooses it by itself");
  return {};
}

std::int32_t whole_rate(const EncoderOptions& options) {
  const double rate = static_cast<double>(options.rate_numerator) / options.rate_denominator;
  return static_cast<std::int32_t>(std::clamp(rate + 0.5, 1.0, 1000.0));
}

abi::EncoderOpen open_setup(const EncoderSetup& wanted, abi::Standard standard,
                            const InputShape& shape) {
  const EncoderOptions& options = wanted.options;
  const bool by_qp = options.rate_control == RateControl::constant_qp;
  const auto qp = static_cast<std::int32_t>(options.qp);
  abi::EncoderOpen setup{};
  setup.standard = standard;
  setup.width_px = static_cast<std::int32_t>(wanted.width_px);
  setup.height_px = static_cast<std::int32_t>(wanted.height_px);
  setup.memory_width_px = static_cast<std::int32_t>(shape.width_px);
  setup.memory_height_px = static_cast<std::int32_t>(shape.height_px);
  setup.rate_fps = whole_rate(options);
  setup.bitrate_bps =
      by_qp ? 0
            : static_cast<std::int32_t>(std::min<std::uint64_t>(options.bitrate_bps, INT32_MAX));
  setup.gop = static_cast<std::int32_t>(std::min<std::uint32_t>(options.gop, INT32_MAX));
  setup.chroma_interleave = shape.pairs ? 1 : 0;
  setup.color_format = shape.color;
  setup.least_qp = by_qp ? qp : kLeastQp;
  setup.most_qp = by_qp ? qp : kMostQp;
  setup.use_least_qp = setup.use_most_qp = 1;
  return setup;
}

VideoCodec syntax_of(abi::Standard standard) {
  return standard == abi::kHevc ? VideoCodec::hevc : VideoCodec::h264;
}

class HantroEncoder final : public EncoderBackend {
 public:
  static Result<std::unique_ptr<EncoderBackend>> open(const EncoderSetup& setup) {
    VSL_CHECK(check_wishes(setup.options));
    VSL_TRY(const abi::Standard standard, standard_of(setup.options.codec));
    VSL_TRY(const InputShape shape, shape_for(setup));
    std::unique_ptr<HantroEncoder> encoder(new HantroEncoder(setup, standard, shape));
    VSL_CHECK(encoder->begin());
    return std::unique_ptr<EncoderBackend>(std::move(encoder));
  }

  Result<void> send(RawPicture& picture, const PictureWish& wish) override {
    if (session_ == nullptr) {
      return Error::of(std::errc::no_such_device, "use the Hantro encoder, which reset() lost");
    }
    const bool force_key = wish.key_frame || since_key_ >= setup_.options.gop;
    VSL_TRY(abi::EncodeCall call, call_for(picture, wish.crop, force_key));
    inside_.push_back(wish.stamp);
    ++since_key_;
    const Result<void> used = until_used(call);
    if (!used && !inside_.empty() && inside_.back() == wish.stamp) inside_.pop_back();
    return used;
  }

  Result<void> drain() override {
    if (inside_.empty()) return {};
    return Error::of(std::errc::io_error, "drain the Hantro encoder, which keeps " +
                                              std::to_string(inside_.size()) +
                                              " pictures and has no way to be asked for them");
  }

  Result<void> reset() override {
    ready_.clear();
    inside_.clear();
    return begin();
  }

  Result<std::optional<BackendPacket>> receive() override {
    if (ready_.empty()) return std::optional<BackendPacket>();
    auto packet = std::move(ready_.front());
    ready_.pop_front();
    return std::optional(std::move(packet));
  }

  std::string name() const override { return abi::kSoname; }
  std::uint64_t copies() const override { return input_.copies(); }

 private:
  HantroEncoder(const EncoderSetup& setup, abi::Standard standard, const InputShape& shape)
      : setup_(setup), standard_(standard), shape_(shape), input_(shape_) {}

  Result<void> begin() {
    session_.reset();  // one at a time: devices have few
    coded_.reset();
    input_.forget();
    since_key_ = setup_.options.gop;
    VSL_TRY(auto session, EncoderSession::open(open_setup(setup_, standard_, shape_)));
    const std::size_t pixels = std::size_t{setup_.width_px} * setup_.height_px;
    VSL_TRY(coded_, DeviceMemory::allocate(session->loaded(), std::max(kLeastPacketBytes, pixels)));
    session_ = std::move(session);
    return {};
  }

  Result<abi::EncodeCall> call_for(RawPicture& picture, const Rect& part, bool force_key) {
    abi::EncodeCall call{};
    call.standard = standard_;
    call.width_px = static_cast<std::int32_t>(setup_.width_px);
    call.height_px = static_cast<std::int32_t>(setup_.height_px);
    call.rate_fps = whole_rate(setup_.options);
    call.qp = static_cast<std::int32_t>(setup_.options.qp);
    call.output_physical = reinterpret_cast<std::uintptr_t>(coded_->physical());
    call.output_virtual = reinterpret_cast<std::uintptr_t>(coded_->data());
    call.output_bytes = static_cast<std::uint32_t>(coded_->size_bytes());
    call.force_key = force_key ? 1 : 0;
    VSL_CHECK(input_.describe(picture, part, session_->loaded(), call));
    return call;
  }

  // The first calls may give headers only, and any call may take nothing.
  Result<void> until_used(abi::EncodeCall& call) {
    std::int64_t deadline_ns = monotonic_ns() + kDeviceLimitNs;
    for (int answers = 0; answers < kMostAnswers;) {
      VSL_CHECK(session_->encode(call));
      VSL_CHECK(take_output(call));
      if ((call.flags & abi::kEncInputUsed) != 0) return {};
      if ((call.flags & (abi::kEncHeader | abi::kEncPacket)) != 0) {
        ++answers;
        deadline_ns = monotonic_ns() + kDeviceLimitNs;
        continue;
      }
      if (monotonic_ns() > deadline_ns) break;
      (void)::poll(nullptr, 0, 1);
    }
    return Error::of(std::errc::timed_out,
                     "wait for the Hantro encoder, which takes no picture any more");
  }

  Result<void> take_output(const abi::EncodeCall& call) {
    if ((call.flags & (abi::kEncHeader | abi::kEncPacket)) == 0 || call.coded_bytes == 0) return {};
    if (call.coded_bytes < 0 || static_cast<std::size_t>(call.coded_bytes) > coded_->size_bytes()) {
      return Error::of(std::errc::io_error,
                       "take a packet of " + std::to_string(call.coded_bytes) +
                           " bytes of the Hantro encoder, which had room for " +
                           std::to_string(coded_->size_bytes()));
    }
    VSL_CHECK(coded_->begin_access(Access::read));
    const auto taken = take_bytes({coded_->data(), static_cast<std::size_t>(call.coded_bytes)},
                                  (call.flags & abi::kEncPacket) != 0);
    VSL_CHECK(coded_->end_access(Access::read));
    return taken;
  }

  Result<void> take_bytes(std::span<const std::byte> bytes, bool is_packet) {
    if (is_packet) return take_packet(bytes);
    header_.assign(bytes.begin(), bytes.end());
    return {};
  }

  Result<void> take_packet(std::span<const std::byte> coded) {
    if (inside_.empty()) {
      return Error::of(std::errc::io_error, "take a packet of the Hantro encoder of no picture");
    }
    const Contents contents = look_into(coded);
    if (contents.key) since_key_ = 1;
    if (contents.key && !contents.has_sets) {
      joined_ = header_;
      joined_.insert(joined_.end(), coded.begin(), coded.end());
      coded = joined_;
    }
    VSL_TRY(Frame frame,
            memory_->hold(coded, setup_.options.codec, setup_.width_px, setup_.height_px));
    const std::int64_t stamp = inside_.front();
    inside_.pop_front();
    ready_.push_back({std::move(frame), stamp, stamp, contents.key});
    return {};
  }

  struct Contents {
    bool key = false, has_sets = false;
  };
  Contents look_into(std::span<const std::byte> coded) const {
    Contents contents;
    NalScanner scanner(coded);
    while (const auto nal = scanner.next()) {
      const NalKind kind = nal_kind(syntax_of(standard_), *nal);
      contents.has_sets |= kind == NalKind::sps;
      contents.key |= kind == NalKind::key_slice;
      if (kind == NalKind::slice || kind == NalKind::key_slice) break;
    }
    return contents;
  }

  const EncoderSetup setup_;
  const abi::Standard standard_;
  const InputShape shape_;
  EncoderInput input_;                   // these two before the session,
  std::unique_ptr<DeviceMemory> coded_;  // which closes before their memory goes
  std::unique_ptr<EncoderSession> session_;
  std::shared_ptr<FrameMemory> memory_ = std::make_shared<FrameMemory>();
  std::vector<std::byte> header_;  ///< parameter sets that came by themselves
  std::vector<std::byte> joined_;
  std::deque<BackendPacket> ready_;
  std::deque<std::int64_t> inside_;  ///< stamps of pictures of which no packet came yet
  std::uint32_t since_key_ = 0;      ///< pictures from the last key picture on
};

}  // namespace

Result<std::unique_ptr<EncoderBackend>> open_encoder(const EncoderSetup& setup) {
  return HantroEncoder::open(setup);
}

}  // namespace vsl::codec::hantro
