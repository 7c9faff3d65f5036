// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "codec/hantro/wrapper.hpp"
#include "videostream/buffer.hpp"

namespace vsl::codec::hantro {

/// Memory without gaps, for the video processor and for us: of a dma-heap, so that frames in it can
/// be shared, or else of the wrapper. Immutable.
class DeviceMemory {
 public:
  /// Errors: those of the wrapper, when no heap has memory either.
  static Result<std::unique_ptr<DeviceMemory>> allocate(std::shared_ptr<const Loaded> loaded,
                                                        std::size_t bytes);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  std::byte* data() const noexcept { return data_; }
  std::byte* physical() const noexcept { return reinterpret_cast<std::byte*>(address_); }
  std::size_t size_bytes() const noexcept { return size_bytes_; }
  /// nullptr for memory of the wrapper, which other processes cannot have.
  const std::shared_ptr<Buffer>& buffer() const noexcept { return buffer_; }
  int fd() const noexcept { return buffer_ != nullptr ? buffer_->fd() : -1; }

  /// Brackets access of the processor, whose cache the device does not see.
  Result<void> begin_access(Access access) const;
  Result<void> end_access(Access access) const;

 private:
  DeviceMemory() = default;
  static Result<std::unique_ptr<DeviceMemory>> from_heap(const char* heap, std::size_t bytes);
  static Result<std::unique_ptr<DeviceMemory>> from_wrapper(std::shared_ptr<const Loaded> loaded,
                                                            std::size_t bytes);

  std::shared_ptr<Buffer> buffer_;
  std::shared_ptr<const Loaded> loaded_;  ///< of what `description_` is of
  abi::MemoryDescription description_{};
  std::byte* data_ = nullptr;
  std::uint64_t address_ = 0;
  std::size_t size_bytes_ = 0;
};

/// The memory that a codec works in, as it asks for it.
class WorkingMemory {
 public:
  /// Errors: no_such_device (it asks for none: there is no device); those of the wrapper.
  static Result<std::unique_ptr<WorkingMemory>> allocate(
      const std::shared_ptr<const Loaded>& loaded);
  abi::MemoryInfo& info() noexcept { return info_; }

 private:
  Result<void> fill(const std::shared_ptr<const Loaded>& loaded, abi::MemoryBlock& block);

  abi::MemoryInfo info_{};
  std::vector<std::unique_ptr<DeviceMemory>> device_;
  std::vector<std::vector<std::byte>> ordinary_;
};

/// The next multiple of a power of two.
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace vsl::codec::hantro
