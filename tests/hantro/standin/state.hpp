// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "codec/hantro/wrapper_abi.hpp"
#include "hooks.hpp"

namespace vsl::standin {

namespace abi = codec::hantro::abi;

/// One call of a function; fails if the test wants that.
class Call {
 public:
  explicit Call(const char* function);
  bool fails() const { return status_ != abi::kSuccess; }
  std::int32_t status() const { return status_; }
  /// Notes what is wrong, and returns `status` for the caller to give back.
  std::int32_t object(std::int32_t status, const std::string& why) const;

 private:
  std::string function_;
  std::int32_t status_ = abi::kSuccess;
};

/// Memory at a physical address; nullptr, and a violation, if not all of it is known.
std::byte* memory_at(const Call& call, std::uint64_t physical, std::size_t bytes);
/// Whether both are the same memory.
bool is_same(std::byte* one, std::byte* other);
inline std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address);
}

// Of both directions.
std::int32_t load(const char* function);
std::int32_t unload(const char* function);
std::int32_t version(const char* function, abi::WrapperVersion* version);
std::int32_t query_memory(const char* function, abi::MemoryInfo* info);
std::int32_t get_memory(const char* function, abi::MemoryDescription* memory);
std::int32_t free_memory(const char* function, abi::MemoryDescription* memory);
/// Whether working memory is what query_memory() asked for.
std::int32_t check_memory(const Call& call, const abi::MemoryInfo* info);
/// Whether a frame to reconstruct in has what it needs.
std::int32_t check_frame(const Call& call, const abi::FrameBuffer& frame, std::int32_t width_px,
                         std::int32_t height_px);
/// Memory that may not be freed as long as the handle is open.
void hold(const void* handle, std::uint64_t physical);
void let_go(const void* handle);

}  // namespace vsl::standin

#define VSL_WRAPPER extern "C" __attribute__((visibility("default"))) std::int32_t
