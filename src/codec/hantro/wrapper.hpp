// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "codec/hantro/wrapper_abi.hpp"
#include "videostream/result.hpp"

namespace vsl::codec::hantro {

/// Functions that the wrapper has once for decoders and once for encoders, each with its own
/// memory.
struct CommonFunctions {
  std::string prefix;               ///< of their names: "VPU_Dec"
  mutable std::uint32_t users = 0;  ///< that have it loaded; of Loaded alone
  std::int32_t (*load)();
  std::int32_t (*unload)();
  std::int32_t (*get_version)(abi::WrapperVersion* version);
  std::int32_t (*query_memory)(abi::MemoryInfo* info);
  std::int32_t (*get_memory)(abi::MemoryDescription* memory);
  std::int32_t (*free_memory)(abi::MemoryDescription* memory);
};

struct DecoderFunctions : CommonFunctions {
  std::int32_t (*open)(abi::Handle* handle, abi::DecoderOpen* setup, abi::MemoryInfo* memory);
  std::int32_t (*configure)(abi::Handle handle, std::int32_t what, void* value);
  std::int32_t (*get_info)(abi::Handle handle, abi::DecoderInfo* info);
  std::int32_t (*register_frames)(abi::Handle handle, abi::FrameBuffer* frames, std::int32_t count);
  std::int32_t (*decode)(abi::Handle handle, abi::InputNode* input, std::int32_t* flags);
  std::int32_t (*get_output)(abi::Handle handle, abi::OutputFrame* output);
  std::int32_t (*give_back)(abi::Handle handle, abi::FrameBuffer* frame);
  std::int32_t (*get_consumed)(abi::Handle handle, abi::ConsumedUnit* unit);
  std::int32_t (*get_stream_error)(abi::Handle handle, std::int32_t* error);
  std::int32_t (*close)(abi::Handle handle);
};

struct EncoderFunctions : CommonFunctions {
  std::int32_t (*open)(abi::Handle* handle, abi::MemoryInfo* memory, abi::EncoderOpen* setup);
  std::int32_t (*configure)(abi::Handle handle, std::int32_t what, void* value);
  std::int32_t (*get_info)(abi::Handle handle, abi::EncoderInfo* info);
  std::int32_t (*register_frames)(abi::Handle handle, abi::FrameBuffer* frames, std::int32_t count,
                                  std::int32_t stride_bytes);
  std::int32_t (*encode)(abi::Handle handle, abi::EncodeCall* call);
  std::int32_t (*close)(abi::Handle handle);
};

/// The wrapper's functions, looked up once. Immutable but for who has it loaded.
class Wrapper {
 public:
  /// Loads the library and looks at its version.
  /// Errors: no_such_file_or_directory (it is not here); not_supported (a function is missing, or
  /// it
  ///         is older than 4.5.6).
  static Result<const Wrapper*> find();

  DecoderFunctions decoder{};
  EncoderFunctions encoder{};
};

/// The video processor in use: from the wrapper's Load to its UnLoad, which happen once for all
/// users of a process at a time. Thread-safe.
class Loaded {
 public:
  static Result<std::shared_ptr<const Loaded>> load(const CommonFunctions& functions);
  explicit Loaded(const CommonFunctions& functions) : functions_(functions) {}
  ~Loaded();
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  const CommonFunctions& functions() const noexcept { return functions_; }
  /// The Error of a function that answered `status`; nothing for success.
  Result<void> check(std::int32_t status, const char* function) const;

 private:
  const CommonFunctions& functions_;
  bool counted_ = false;
};

}  // namespace vsl::codec::hantro
