// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>

/// What the kernel of a board has and this machine's has not: dma-heaps whose memory lies at a
/// physical address. open() and ioctl() of the library are answered here for those; the memory is
/// ordinary, and the stand-in for the wrapper knows it by an invented address.
namespace vsl::test {

enum class Heap {
  none,
  uncached,      ///< linux,cma-uncached
  cached,        ///< linux,cma alone
  without_phys,  ///< on a kernel that does not tell physical addresses
  high,          ///< whose memory lies above 4 GiB
};

void set_heap(Heap heap);
/// Memory that was allocated and is not closed yet is left out: that is what tests count.
std::size_t heap_allocations();
/// Brackets around access of the processor that were begun and not ended.
int open_brackets();

}  // namespace vsl::test
