// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/memory.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "frame/physical_address.hpp"

namespace vsl::codec::hantro {
namespace {

/// Not those that give memory with gaps.
constexpr const char* kHeaps[] = {"/dev/dma_heap/linux,cma-uncached", "/dev/dma_heap/linux,cma"};
/// What the device reaches.
constexpr std::uint64_t kMostAddress = std::uint64_t{1} << 32;
/// No codec works in more; sizes come from a library of others.
constexpr std::size_t kMostBytes = std::size_t{512} << 20;

}  // namespace

Result<std::unique_ptr<DeviceMemory>> DeviceMemory::allocate(std::shared_ptr<const Loaded> loaded,
                                                             std::size_t bytes) {
  if (bytes == 0 || bytes > kMostBytes) {
    return Error::of(std::errc::not_enough_memory,
                     "allocate " + std::to_string(bytes) + " bytes for a Hantro codec");
  }
  for (const char* heap : kHeaps) {
    auto memory = from_heap(heap, bytes);
    if (memory) return memory;
    VSL_LOG_DEBUG("no memory of a heap for a Hantro codec", kv("error", memory.error()));
  }
  return from_wrapper(std::move(loaded), bytes);
}

Result<std::unique_ptr<DeviceMemory>> DeviceMemory::from_heap(const char* heap, std::size_t bytes) {
  VSL_TRY(auto buffer, Buffer::allocate(bytes, {MemorySource::dma_heap, heap, Access::read}));
  VSL_TRY(const std::uint64_t address, physical_address_of(buffer->fd()));
  if (address == 0 || address + bytes > kMostAddress) {
    return Error::of(std::errc::bad_address,
                     std::string("use memory of ") + heap + " that lies above 4 GiB");
  }
  VSL_TRY(const auto bytes_of_it, buffer->map());
  std::unique_ptr<DeviceMemory> memory(new DeviceMemory);
  memory->buffer_ = std::move(buffer);
  memory->data_ = bytes_of_it.data();
  memory->address_ = address;
  memory->size_bytes_ = bytes;
  return memory;
}

Result<std::unique_ptr<DeviceMemory>> DeviceMemory::from_wrapper(
    std::shared_ptr<const Loaded> loaded, std::size_t bytes) {
  std::unique_ptr<DeviceMemory> memory(new DeviceMemory);
  abi::MemoryDescription& description = memory->description_;
  description.size_bytes = static_cast<std::int32_t>(bytes);
  VSL_CHECK(loaded->check(loaded->functions().get_memory(&description), "GetMem"));
  memory->loaded_ = std::move(loaded);  // from here on it is given back
  if (description.virtual_address == 0 || description.physical_address == 0 ||
      description.size_bytes < 0 || static_cast<std::size_t>(description.size_bytes) < bytes) {
    return Error::of(std::errc::not_enough_memory,
                     "get " + std::to_string(bytes) + " bytes of the Hantro wrapper");
  }
  memory->data_ = reinterpret_cast<std::byte*>(description.virtual_address);
  memory->address_ = description.physical_address;
  memory->size_bytes_ = bytes;
  return memory;
}

DeviceMemory::~DeviceMemory() {
  if (loaded_ == nullptr || description_.physical_address == 0) return;
  (void)loaded_->functions().free_memory(&description_);
}

Result<void> DeviceMemory::begin_access(Access access) const {
  return buffer_ != nullptr ? buffer_->begin_cpu_access(access) : Result<void>();
}

Result<void> DeviceMemory::end_access(Access access) const {
  return buffer_ != nullptr ? buffer_->end_cpu_access(access) : Result<void>();
}

Result<std::unique_ptr<WorkingMemory>> WorkingMemory::allocate(
    const std::shared_ptr<const Loaded>& loaded) {
  auto memory = std::make_unique<WorkingMemory>();
  abi::MemoryInfo& info = memory->info_;
  VSL_CHECK(loaded->check(loaded->functions().query_memory(&info), "QueryMem"));
  if (info.count <= 0 || info.count > static_cast<std::int32_t>(info.blocks.size())) {
    return Error::of(std::errc::no_such_device, "ask the Hantro wrapper for the memory it needs (" +
                                                    std::to_string(info.count) +
                                                    " blocks: the device cannot be used)");
  }
  for (std::int32_t i = 0; i < info.count; ++i) {
    VSL_CHECK(memory->fill(loaded, info.blocks[static_cast<std::size_t>(i)]));
  }
  return memory;
}

// Alignments need not be powers of two that we can ask an allocator for: we take as much more.
Result<void> WorkingMemory::fill(const std::shared_ptr<const Loaded>& loaded,
                                 abi::MemoryBlock& block) {
  constexpr std::uint64_t kLeastAlignment = 16, kMostAlignment = 1U << 20;
  const std::uint64_t alignment =
      std::clamp(static_cast<std::uint64_t>(std::max(block.alignment_bytes, 1)), kLeastAlignment,
                 kMostAlignment);
  const auto bytes = static_cast<std::size_t>(std::max(block.size_bytes, 0));
  if (bytes == 0 || bytes > kMostBytes) {
    return Error::of(
        std::errc::no_such_device,
        "give the Hantro wrapper " + std::to_string(block.size_bytes) + " bytes to work in");
  }
  if (block.type == abi::kVirtual) {
    std::byte* begin = ordinary_.emplace_back(bytes + alignment).data();
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    block.virtual_address = begin + (align_up(address, alignment) - address);
    return {};
  }
  VSL_TRY(auto memory, DeviceMemory::allocate(loaded, bytes + alignment));
  const auto address = reinterpret_cast<std::uintptr_t>(memory->physical());
  const std::uint64_t skipped = align_up(address, alignment) - address;
  block.physical_address = memory->physical() + skipped;
  block.virtual_address = memory->data() + skipped;
  block.fd = memory->fd();
  device_.push_back(std::move(memory));
  return {};
}

}  // namespace vsl::codec::hantro
