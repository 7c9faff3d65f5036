// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>

#include "codec/backend.hpp"
#include "codec/hantro/memory.hpp"

namespace vsl::codec::hantro {

/// How pictures lie in memory for an encoder: rows of one length, planes without gaps between them.
struct InputShape {
  abi::ColorFormat color = abi::k420;
  bool pairs = false;                         ///< of chroma: NV12
  std::uint32_t width_px = 0, height_px = 0;  ///< of memory
  Layout layout;                              ///< of the same
};

/// The shape for the first picture: its own if the encoder can read it as it lies.
/// Errors: not_supported (format, odd size).
Result<InputShape> shape_for(const EncoderSetup& setup);

/// Pictures where the encoder can read them.
class EncoderInput {
 public:
  explicit EncoderInput(const InputShape& shape) : shape_(shape) {}

  /// Fills in where the picture lies: where it is, if that is memory without gaps in our shape;
  /// else a copy.
  Result<void> describe(RawPicture& picture, const Rect& part,
                        const std::shared_ptr<const Loaded>& loaded, abi::EncodeCall& call);
  std::uint64_t copies() const noexcept { return copies_; }
  /// What was described is not read any more, nor is the memory that was `loaded`.
  void forget() noexcept { copy_.reset(); }

 private:
  std::uint64_t address_of(RawPicture& picture, const Rect& part) const;
  Result<void> copy(RawPicture& picture, const Rect& part,
                    const std::shared_ptr<const Loaded>& loaded);
  void describe(std::uint64_t address, int fd, abi::EncodeCall& call);

  const InputShape shape_;
  std::unique_ptr<DeviceMemory> copy_;
  abi::FrameBuffer frame_{};
  std::uint64_t copies_ = 0;
};

}  // namespace vsl::codec::hantro
