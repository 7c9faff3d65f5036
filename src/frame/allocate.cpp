// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame/allocate.hpp"

#include <limits>
#include <string>
#include <utility>

#include "frame/allocators.hpp"
#include "frame/available_memory.hpp"

namespace vsl {
namespace {

using Buffers = std::vector<std::shared_ptr<Buffer>>;

// Contiguous memory first: many cameras, scalers and codecs cannot use anything else.
constexpr const char* kHeaps[] = {"/dev/dma_heap/linux,cma", "/dev/dma_heap/linux,cma-uncached",
                                  "/dev/dma_heap/reserved", "/dev/dma_heap/system"};

/// Where memory may come from, best first.
std::vector<MemoryOptions> places(const MemoryOptions& options) {
  const bool automatic = options.source == MemorySource::automatic;
  const bool any_heap = options.source == MemorySource::dma_heap && options.name.empty();
  if (!automatic && !any_heap) return {options};
  std::vector<MemoryOptions> all;
  for (const char* heap : kHeaps) all.push_back({MemorySource::dma_heap, heap, options.access});
  if (automatic) all.push_back({MemorySource::memfd, {}, options.access});
  return all;
}

Allocation allocate_at(const MemoryOptions& place, std::size_t bytes) {
  switch (place.source) {
    case MemorySource::dma_heap:
      return allocate_dma_heap(bytes, place);
    case MemorySource::udmabuf:
      return allocate_udmabuf(bytes, place);
    case MemorySource::memfd:
      return allocate_memfd(bytes, place);
    case MemorySource::shm:
      return allocate_shm(bytes, place);
    case MemorySource::automatic:
      break;  // is several places
  }
  return Error::of(
      std::errc::invalid_argument,
      "allocate memory from source " + std::to_string(static_cast<std::uint32_t>(place.source)));
}

Result<Buffers> allocate_all_at(const MemoryOptions& place, std::size_t count, std::size_t bytes) {
  Buffers buffers;
  for (std::size_t i = 0; i < count; ++i) {
    MemoryOptions own = place;
    // One name for all would make all of them the same memory.
    const bool shared_name = place.source == MemorySource::shm && !place.name.empty() && count > 1;
    if (shared_name) own.name += "-" + std::to_string(i);
    VSL_TRY(auto impl, allocate_at(own, bytes));
    buffers.push_back(std::make_shared<Buffer>(std::move(impl)));
  }
  return buffers;
}

std::string describe(std::size_t count, std::size_t bytes) {
  return "allocate " + (count > 1 ? std::to_string(count) + " x " : "") + std::to_string(bytes) +
         " bytes";
}

Result<void> check_size(std::size_t count, std::size_t bytes) {
  if (bytes == 0) return Error::of(std::errc::invalid_argument, "allocate a buffer of 0 bytes");
  if (bytes > std::numeric_limits<std::size_t>::max() / count) {
    return Error::of(std::errc::not_enough_memory, describe(count, bytes));
  }
  return check_available_memory(bytes * count);  // before any is taken; all places commit
}

/// What went wrong in places that were tried one after the other.
class Failures {
 public:
  void add(const MemoryOptions& place, const Error& error) {
    if (!tried_.empty()) tried_ += "; ";
    tried_ += (place.name.empty() ? "memfd" : place.name) + ": " + error.code.message();
    // A place that is there and fails says more than one that is missing.
    if (!code_ || error.code != std::errc::no_such_file_or_directory) code_ = error.code;
  }
  Error sum(const std::string& what) const { return {code_, what + " (" + tried_ + ")"}; }

 private:
  std::string tried_;
  std::error_code code_;
};

}  // namespace

Result<Buffers> allocate_alike(std::size_t count, std::size_t bytes, const MemoryOptions& options) {
  VSL_CHECK(check_size(count, bytes));
  const auto all = places(options);
  if (all.size() == 1) return allocate_all_at(all.front(), count, bytes);
  Failures failures;
  for (const MemoryOptions& place : all) {
    auto buffers = allocate_all_at(place, count, bytes);
    if (buffers) return buffers;
    failures.add(place, buffers.error());
  }
  return failures.sum(describe(count, bytes));
}

}  // namespace vsl
