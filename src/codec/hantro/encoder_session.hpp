// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "codec/hantro/codec_frame.hpp"

namespace vsl::codec::hantro {

/// An encoder of the wrapper's, open, with the frames it wants to reconstruct pictures in.
class EncoderSession {
 public:
  static Result<std::unique_ptr<EncoderSession>> open(const abi::EncoderOpen& setup);
  ~EncoderSession();
  EncoderSession(const EncoderSession&) = delete;
  EncoderSession& operator=(const EncoderSession&) = delete;

  const std::shared_ptr<const Loaded>& loaded() const noexcept { return loaded_; }
  /// One call; its answer is in `call`.
  Result<void> encode(abi::EncodeCall& call);

 private:
  EncoderSession() = default;
  Result<void> give_frames(const abi::EncoderOpen& setup);

  const EncoderFunctions* functions_ = nullptr;
  std::shared_ptr<const Loaded> loaded_;  // before the memory: which goes first
  std::unique_ptr<WorkingMemory> memory_;
  std::vector<CodecFrame> frames_;
  std::vector<abi::FrameBuffer> descriptions_;
  abi::Handle handle_ = nullptr;
};

}  // namespace vsl::codec::hantro
