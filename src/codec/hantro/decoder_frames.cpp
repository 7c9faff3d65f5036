// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/decoder_frames.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace vsl::codec::hantro {
namespace {

constexpr std::int32_t kMostSidePx = 8192;

Error refuse(const abi::DecoderInfo& info, std::errc code, const std::string& why) {
  return Error::of(code, "decode " + std::to_string(info.width_px) + "x" +
                             std::to_string(info.height_px) + " with the Hantro wrapper, " + why);
}

Result<void> check(const abi::DecoderInfo& info) {
  if (info.width_px <= 0 || info.height_px <= 0 || info.width_px > kMostSidePx ||
      info.height_px > kMostSidePx) {
    return refuse(info, std::errc::io_error, "which says that this is the size");
  }
  if (info.bit_depth > 8) {
    return refuse(info, std::errc::not_supported,
                  "as pictures of " + std::to_string(info.bit_depth) + " bits (8 can be read)");
  }
  if (info.least_frames <= 0 ||
      info.least_frames >
          static_cast<std::int32_t>(DecoderFrames::kMost - DecoderFrames::kForReaders)) {
    return refuse(info, std::errc::io_error,
                  "which wants " + std::to_string(info.least_frames) + " frames for it");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<DecoderFrames>> DecoderFrames::allocate(
    const std::shared_ptr<const Loaded>& loaded, const abi::DecoderInfo& info) {
  VSL_CHECK(check(info));
  std::shared_ptr<DecoderFrames> frames(new DecoderFrames(info));
  const std::uint32_t count = static_cast<std::uint32_t>(info.least_frames) + kForReaders;
  for (std::uint32_t i = 0; i < count; ++i) VSL_CHECK(frames->add(loaded, i));
  return frames;
}

Result<void> DecoderFrames::add(const std::shared_ptr<const Loaded>& loaded, std::uint32_t index) {
  VSL_TRY(CodecFrame frame, CodecFrame::allocate(loaded,
                                                 {.width_px = info_.width_px,
                                                  .height_px = info_.height_px,
                                                  .interlaced = info_.interlaced != 0,
                                                  .alignment_bytes = info_.alignment_bytes,
                                                  .least_bytes = info_.frame_bytes},
                                                 index));
  descriptions_.push_back(frame.description);
  layouts_.push_back(frame.layout);
  memory_.push_back(std::move(frame.memory));
  return {};
}

// The wrapper may show a copy of what was registered, so not by where that lies.
std::optional<std::uint32_t> DecoderFrames::find(const abi::FrameBuffer& shown) const noexcept {
  for (std::uint32_t i = 0; i < descriptions_.size(); ++i) {
    if (descriptions_[i].luma == shown.luma) return i;
  }
  return std::nullopt;
}

Result<Frame> DecoderFrames::lend(const FrameInfo& info, std::uint32_t index,
                                  abi::FrameBuffer* shown) {
  const std::shared_ptr<Buffer> buffer = memory_[index]->buffer();
  VSL_TRY(Frame frame, Frame::wrap(info, {&buffer, 1}, shared_from_this(), index));
  lent_[index] = shown;
  lent_bits_ |= std::uint64_t{1} << index;
  return frame;
}

void DecoderFrames::release_frame(std::uint64_t token) noexcept {
  // Whatever the reader did with the picture is done before the decoder gets it.
  returned_bits_.fetch_or(std::uint64_t{1} << token, std::memory_order_release);
}

abi::FrameBuffer* DecoderFrames::take_returned() noexcept {
  // Pairs with release_frame().
  const std::uint64_t returned = returned_bits_.load(std::memory_order_acquire) & lent_bits_;
  if (returned == 0) return nullptr;
  const std::uint64_t bit = returned & -returned;
  returned_bits_.fetch_and(~bit, std::memory_order_relaxed);  // the acquire above was its
  lent_bits_ &= ~bit;
  return std::exchange(lent_[static_cast<std::size_t>(std::countr_zero(bit))], nullptr);
}

std::uint32_t DecoderFrames::with_readers() const noexcept {
  const std::uint64_t returned = returned_bits_.load(std::memory_order_relaxed);  // only counted
  return static_cast<std::uint32_t>(std::popcount(lent_bits_ & ~returned));
}

bool DecoderFrames::run_low() noexcept {
  if (with_readers() >= kForReaders) reclaim();
  return with_readers() >= kForReaders;
}

void DecoderFrames::reclaim() noexcept {
  const std::uint32_t before = with_readers();
  reclaimers_.ask(this, false, [] { return false; });
  if (with_readers() < before) return;
  reclaimers_.ask(this, true, [&] { return with_readers() < before; });
}

}  // namespace vsl::codec::hantro
