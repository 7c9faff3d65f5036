// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <dirent.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "videostream/buffer.hpp"

/// What the tests of dma-bufs share.
namespace vsl::lab {

constexpr const char* kContiguousHeap = "/dev/dma_heap/reserved";
constexpr const char* kPageHeap = "/dev/dma_heap/system";

/// Where a dma-buf may come from.
struct Source {
  const char* name;
  MemoryOptions options;
};
inline void PrintTo(const Source& source, std::ostream* out) { *out << source.name; }

inline auto every_source(Access access = Access::read) {
  return ::testing::Values(Source{"System", {MemorySource::dma_heap, kPageHeap, access}},
                           Source{"Contiguous", {MemorySource::dma_heap, kContiguousHeap, access}},
                           Source{"Udmabuf", {MemorySource::udmabuf, "", access}});
}

inline std::string name_of(const ::testing::TestParamInfo<Source>& source) {
  return source.param.name;
}

constexpr std::size_t kPiece = std::size_t{4} << 20;

/// All contiguous memory there is, in pieces that can be given back one by one.
inline std::vector<std::shared_ptr<Buffer>> take_all_contiguous_memory() {
  std::vector<std::shared_ptr<Buffer>> taken;
  for (;;) {
    auto piece = Buffer::allocate(kPiece, {MemorySource::dma_heap, kContiguousHeap, Access::read});
    if (!piece) return taken;
    taken.push_back(*std::move(piece));
  }
}

/// The dma-bufs there are in the whole machine.
inline int dma_bufs_alive() {
  int count = 0;
  DIR* const folder = ::opendir("/sys/kernel/dmabuf/buffers");
  if (folder == nullptr) return -1;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
  ::closedir(folder);
  return count;
}

}  // namespace vsl::lab
