// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "codec/hantro/codec_frame.hpp"
#include "frame/reclaimers.hpp"
#include "videostream/frame.hpp"

namespace vsl::codec::hantro {

/// The frames that a decoder decodes one size of pictures into, and who has them: the decoder, or a
/// reader to whom one was shown. Readers let go from any thread, also after the decoder.
class DecoderFrames final : public FrameOwner, public std::enable_shared_from_this<DecoderFrames> {
 public:
  /// Pictures that readers may hold before the next ones are copied for them.
  static constexpr std::uint32_t kForReaders = 6;
  static constexpr std::uint32_t kMost = 64;

  /// Errors: io_error (the decoder says what cannot be); not_supported (more than 8 bits); those of
  ///         DeviceMemory.
  static Result<std::shared_ptr<DecoderFrames>> allocate(
      const std::shared_ptr<const Loaded>& loaded, const abi::DecoderInfo& info);

  /// As they are registered with the decoder.
  std::vector<abi::FrameBuffer>& descriptions() noexcept { return descriptions_; }
  /// Which of ours the decoder shows; nothing if none.
  std::optional<std::uint32_t> find(const abi::FrameBuffer& shown) const noexcept;
  const DeviceMemory& memory(std::uint32_t index) const { return *memory_[index]; }
  const abi::DecoderInfo& info() const noexcept { return info_; }
  /// Of a whole picture, coded size, in its frame.
  const Layout& layout(std::uint32_t index) const { return layouts_[index]; }

  /// A frame of a reader, who gives it back. `shown` is what the decoder wants back.
  Result<Frame> lend(const FrameInfo& info, std::uint32_t index, abi::FrameBuffer* shown);
  /// A frame that a reader gave back since; nothing when none.
  abi::FrameBuffer* take_returned() noexcept;
  /// Whether so many are with readers that the decoder would stop; asks hosts for some.
  bool run_low() noexcept;
  /// Asks hosts for what they show and nobody reads.
  void reclaim() noexcept;

  void release_frame(std::uint64_t token) noexcept override;
  std::uint32_t pool_buffers() const noexcept override {
    return static_cast<std::uint32_t>(memory_.size());
  }
  void add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) override {
    reclaimers_.add(std::move(reclaimer));
  }

 private:
  explicit DecoderFrames(const abi::DecoderInfo& info) : info_(info) {}
  Result<void> add(const std::shared_ptr<const Loaded>& loaded, std::uint32_t index);
  std::uint32_t with_readers() const noexcept;

  const abi::DecoderInfo info_;
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
  std::vector<abi::FrameBuffer> descriptions_;
  std::vector<Layout> layouts_;
  std::array<abi::FrameBuffer*, kMost> lent_{};  ///< what the decoder calls those with readers
  std::uint64_t lent_bits_ = 0;
  std::atomic<std::uint64_t> returned_bits_{0};  ///< by readers, not yet seen here
  Reclaimers reclaimers_;
};

}  // namespace vsl::codec::hantro
