// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "codec/frame_memory.hpp"
#include "codec/hantro/decoder_frames.hpp"
#include "codec/hantro/decoder_session.hpp"
#include "codec/hantro/devices.hpp"

namespace vsl::codec::hantro {
namespace {

/// A decoder that has done nothing for so long hangs.
constexpr std::int64_t kDeviceLimitNs = 30'000'000'000;
/// Answers to one unit before the decoder is taken to go round in circles.
constexpr int kMostAnswers = 1000;
/// Units in a row that fail before it is the device and not the stream.
constexpr int kMostFailures = 8;
/// More pictures than a decoder holds.
constexpr std::size_t kMostInside = 64;
constexpr std::int64_t kMostPictureId = std::int64_t{1} << 30;

constexpr std::uint32_t kDecAnyPicture = abi::kDecPicture | abi::kDecFlawedPicture;

constexpr bool has(std::uint32_t flags, std::uint32_t flag) { return (flags & flag) != 0; }

/// What of a picture is to be seen; all of it if what the decoder says makes no sense.
Rect visible_part(const abi::Rectangle& crop, const abi::DecoderInfo& info) {
  const auto width = static_cast<std::uint32_t>(info.width_px);
  const auto height = static_cast<std::uint32_t>(info.height_px);
  if (crop.left >= crop.right || crop.top >= crop.bottom || crop.right > width ||
      crop.bottom > height) {
    return {0, 0, info.width_px, info.height_px};
  }
  return {static_cast<std::int32_t>(crop.left), static_cast<std::int32_t>(crop.top),
          static_cast<std::int32_t>(crop.right - crop.left),
          static_cast<std::int32_t>(crop.bottom - crop.top)};
}

Colorimetry color_of(const abi::DecoderInfo& info) {
  Colorimetry color;
  if (info.has_color == 0) return color;
  const auto code = [](std::uint32_t value) {
    return static_cast<std::uint8_t>(value <= UINT8_MAX ? value : 2);
  };
  color.primaries = code(info.primaries);
  color.transfer = code(info.transfer);
  color.matrix = code(info.matrix);
  color.range = info.full_range != 0 ? 2 : 1;
  return color;
}

std::uint8_t interlace_of(const abi::DecoderInfo& info, std::int32_t fields) {
  if (info.interlaced == 0) return 0;
  return fields == abi::kBottomFirst ? 2 : 1;
}

class HantroDecoder final : public DecoderBackend {
 public:
  static Result<std::unique_ptr<DecoderBackend>> open(const DecoderOptions& options) {
    std::unique_ptr<HantroDecoder> decoder(new HantroDecoder);
    VSL_TRY(decoder->standard_, standard_of(options.codec));
    VSL_CHECK(decoder->begin());
    return std::unique_ptr<DecoderBackend>(std::move(decoder));
  }

  Result<void> send(std::span<const std::byte> unit, std::int64_t stamp) override {
    abi::InputNode node{};
    node.virtual_address = unit.data();
    node.size_bytes = static_cast<std::uint32_t>(unit.size());
    node.picture_id = id_of(stamp);
    inside_.push_back(stamp);
    if (inside_.size() > kMostInside) inside_.pop_front();
    maybe_more_ = true;
    return until(node, [](std::uint32_t flags) { return has(flags, abi::kDecInputUsed); });
  }

  Result<void> drain() override {
    VSL_CHECK(check_open());
    if (std::exchange(draining_, true)) return {};
    return session_->set_input(abi::kDrain);
  }

  // The wrapper's own ways of forgetting leave open what becomes of frames that are out: a new
  // decoder knows nothing of them.
  Result<void> reset() override {
    ready_.clear();
    inside_.clear();
    draining_ = ended_ = maybe_more_ = false;
    failures_ = 0;
    return begin();
  }

  Result<std::optional<BackendPicture>> receive() override {
    if (ready_.empty() && draining_ && !ended_) VSL_CHECK(fetch_rest());
    while (ready_.empty() && !draining_ && maybe_more_) {  // it may be done by now
      VSL_TRY(const std::uint32_t flags, step({}));
      maybe_more_ = has(flags, kDecAnyPicture | abi::kDecInitialized | abi::kDecNewSize);
    }
    if (ready_.empty()) return std::optional<BackendPicture>();
    auto picture = std::move(ready_.front());
    ready_.pop_front();
    return std::optional(std::move(picture));
  }

  std::string name() const override { return abi::kSoname; }
  DecoderCounts counts() const override {
    return {damaged_, copies_, frames_ != nullptr ? frames_->pool_buffers() : 0};
  }

 private:
  static std::int32_t id_of(std::int64_t stamp) {
    return static_cast<std::int32_t>(stamp % kMostPictureId) + 1;
  }

  Result<void> begin() {
    session_.reset();  // one at a time: devices have few
    frames_.reset();
    VSL_TRY(session_, DecoderSession::open(standard_));
    return {};
  }

  Result<void> check_open() const {
    if (session_ != nullptr) return {};
    return Error::of(std::errc::no_such_device, "use the Hantro decoder, which reset() lost");
  }

  // Calls the decoder until its answer is the one that is waited for.
  template <class IsIt>
  Result<void> until(abi::InputNode node, IsIt is_it) {
    std::int64_t deadline_ns = monotonic_ns() + kDeviceLimitNs;
    for (int answers = 0; answers < kMostAnswers;) {
      VSL_TRY(const std::uint32_t flags, step(node));
      if (is_it(flags)) return {};
      if (moves(flags)) {
        ++answers;
        deadline_ns = monotonic_ns() + kDeviceLimitNs;
        continue;
      }
      if (monotonic_ns() > deadline_ns) break;
      (void)::poll(nullptr, 0, 1);
    }
    const bool starved = frames_ != nullptr && starved_;
    return Error::of(starved ? std::errc::no_buffer_space : std::errc::timed_out,
                     starved ? "wait for frames to decode into, which readers hold"
                             : "wait for the Hantro decoder, which does nothing any more");
  }

  static bool moves(std::uint32_t flags) {
    return has(flags, abi::kDecInputUsed | kDecAnyPicture | abi::kDecInitialized |
                          abi::kDecNewSize | abi::kDecUnitConsumed | abi::kDecDropped |
                          abi::kDecSkipped);
  }

  // Until one picture is there, or the end.
  Result<void> fetch_rest() {
    if (inside_.empty() && frames_ == nullptr) {  // nothing was ever decoded
      ended_ = true;
      return {};
    }
    return until({}, [&](std::uint32_t flags) {
      ended_ |= has(flags, abi::kDecEndOfStream);
      return ended_ || !ready_.empty();
    });
  }

  // One call, and what its answer asks for.
  Result<std::uint32_t> step(abi::InputNode node) {
    VSL_CHECK(check_open());
    VSL_CHECK(give_back_returned());
    std::uint32_t flags = 0;
    const std::int32_t status = session_->decode(node, flags);
    if (status != abi::kSuccess) return failed(status);
    failures_ = 0;
    if (has(flags, kDecAnyPicture)) {
      VSL_CHECK(take_picture(has(flags, abi::kDecFlawedPicture)));
    }
    if (has(flags, abi::kDecUnitConsumed)) VSL_CHECK(session_->take_consumed());
    if (has(flags, abi::kDecInitialized | abi::kDecNewSize)) VSL_CHECK(begin_size());
    if (has(flags, abi::kDecDropped)) ++damaged_;
    starved_ = has(flags, abi::kDecNeedsFrames);
    if (starved_ && frames_ != nullptr) frames_->reclaim();
    return flags;
  }

  // A unit that cannot be decoded is damage of the stream; several in a row are the device's.
  Result<std::uint32_t> failed(std::int32_t status) {
    const abi::StreamError error = session_->stream_error();
    if (error == abi::kUnsupportedStream) {
      return Error::of(std::errc::not_supported,
                       "decode a stream that the Hantro decoder says it cannot");
    }
    const bool may_be_damage = status == abi::kFailure && !draining_;
    if (!may_be_damage || ++failures_ > kMostFailures) return session_->error_of(status);
    VSL_LOG_DEBUG("a unit cannot be decoded", kv("stream error", static_cast<int>(error)));
    ++damaged_;
    return std::uint32_t{abi::kDecInputUsed};
  }

  Result<void> give_back_returned() {
    if (frames_ == nullptr) return {};
    while (abi::FrameBuffer* frame = frames_->take_returned()) {
      VSL_CHECK(session_->give_back(frame));
    }
    return {};
  }

  Result<void> begin_size() {
    VSL_TRY(const abi::DecoderInfo info, session_->info());
    VSL_TRY(auto frames, DecoderFrames::allocate(session_->loaded(), info));
    VSL_CHECK(session_->register_frames(frames->descriptions()));
    frames_ = std::move(frames);  // the old ones stay with their readers
    return {};
  }

  Result<void> take_picture(bool flawed) {
    VSL_TRY(const abi::OutputFrame shown, session_->output());
    const auto index =
        frames_ != nullptr && shown.frame != nullptr ? frames_->find(*shown.frame) : std::nullopt;
    if (!index) {
      return Error::of(std::errc::io_error,
                       "show a picture that the Hantro decoder has in none of its frames");
    }
    const FrameInfo info = describe(shown, *index);
    const std::int64_t stamp = stamp_of(shown);
    VSL_TRY(Frame frame, frame_of(info, *index, shown.frame));
    ready_.push_back({std::move(frame), stamp, flawed});
    return {};
  }

  FrameInfo describe(const abi::OutputFrame& shown, std::uint32_t index) const {
    const abi::DecoderInfo& stream = frames_->info();
    FrameInfo info{.layout = frames_->layout(index)};
    const bool own = shown.extra != nullptr && shown.extra->crop.right != 0;
    const Rect part = visible_part(own ? shown.extra->crop : stream.crop, stream);
    if (part.x != 0 || part.y != 0) {
      info.crop = part;
    } else {
      info.layout.width_px = static_cast<std::uint32_t>(part.width);
      info.layout.height_px = static_cast<std::uint32_t>(part.height);
    }
    info.color = color_of(stream);
    info.interlace = interlace_of(stream, shown.field_type);
    return info;
  }

  // By the number that its input had; where the wrapper passes none on, pictures come in order.
  std::int64_t stamp_of(const abi::OutputFrame& shown) {
    if (inside_.empty()) return -1;
    auto found = inside_.end();
    if (shown.extra != nullptr) {
      found = std::find_if(inside_.begin(), inside_.end(), [&](std::int64_t stamp) {
        return id_of(stamp) == shown.extra->picture_ids[0];
      });
    }
    if (found == inside_.end()) found = inside_.begin();
    const std::int64_t stamp = *found;
    inside_.erase(found);
    return stamp;
  }

  Result<Frame> frame_of(const FrameInfo& info, std::uint32_t index, abi::FrameBuffer* shown) {
    const bool shareable = frames_->memory(index).buffer() != nullptr;
    if (shareable && !frames_->run_low()) return frames_->lend(info, index, shown);
    auto copy = copy_of(info, index);
    VSL_CHECK(session_->give_back(shown));  // also when there was no memory for it
    copies_ += copy ? 1 : 0;
    return copy;
  }

  Result<Frame> copy_of(FrameInfo info, std::uint32_t index) {
    const DeviceMemory& memory = frames_->memory(index);
    const std::uint64_t skipped = info.layout.planes[0].offset_bytes;
    const std::uint64_t bytes = info.layout.buffer_bytes[0] - skipped;
    VSL_TRY(const auto block, copies_memory_->take(bytes));
    const auto begun = memory.begin_access(Access::read);
    std::memcpy(block.data, memory.data() + skipped, bytes);
    if (begun) (void)memory.end_access(Access::read);
    for (PlaneLayout& plane : info.layout.planes) plane.offset_bytes -= skipped;
    info.layout.planes[2] = info.layout.planes[3] = {};
    info.layout.buffer_bytes[0] = bytes;
    return copies_memory_->wrap(info, block.token);
  }

  abi::Standard standard_ = abi::kAvc;
  std::shared_ptr<DecoderFrames> frames_;    ///< null until the stream told its size
  std::unique_ptr<DecoderSession> session_;  // closes before the frames go
  std::shared_ptr<FrameMemory> copies_memory_ = std::make_shared<FrameMemory>();
  std::deque<BackendPicture> ready_;
  std::deque<std::int64_t> inside_;  ///< stamps of units of which no picture came yet
  std::uint64_t damaged_ = 0, copies_ = 0;
  int failures_ = 0;         ///< in a row
  bool maybe_more_ = false;  ///< pictures may be ready in the decoder
  bool starved_ = false, draining_ = false, ended_ = false;
};

}  // namespace

Result<std::unique_ptr<DecoderBackend>> open_decoder(const DecoderOptions& options) {
  return HantroDecoder::open(options);
}

}  // namespace vsl::codec::hantro
