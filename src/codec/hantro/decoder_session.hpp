// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "codec/hantro/memory.hpp"

namespace vsl::codec::hantro {

/// A decoder of the wrapper's, open. Every struct it is given is zero but for what we say.
class DecoderSession {
 public:
  static Result<std::unique_ptr<DecoderSession>> open(abi::Standard standard);
  ~DecoderSession();
  DecoderSession(const DecoderSession&) = delete;
  DecoderSession& operator=(const DecoderSession&) = delete;

  const std::shared_ptr<const Loaded>& loaded() const noexcept { return loaded_; }

  Result<void> set_input(abi::InputType type);
  /// The wrapper's own status: not every failure is an error.
  std::int32_t decode(abi::InputNode& node, std::uint32_t& flags);
  Error error_of(std::int32_t status) const;
  /// What it says of its last failure.
  abi::StreamError stream_error();
  Result<abi::DecoderInfo> info();
  Result<void> register_frames(std::vector<abi::FrameBuffer>& frames);
  Result<abi::OutputFrame> output();
  Result<void> take_consumed();
  Result<void> give_back(abi::FrameBuffer* frame);

 private:
  DecoderSession() = default;
  Result<void> configure(abi::DecodeConfig what, std::int32_t value, const char* name);

  const DecoderFunctions* functions_ = nullptr;
  std::shared_ptr<const Loaded> loaded_;  // before the memory: which goes first
  std::unique_ptr<WorkingMemory> memory_;
  abi::Handle handle_ = nullptr;
};

}  // namespace vsl::codec::hantro
