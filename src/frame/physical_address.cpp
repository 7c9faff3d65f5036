// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame/physical_address.hpp"

#include <linux/ioctl.h>
#include <sys/ioctl.h>

namespace vsl {
namespace {

/// The vendor's question for the physical address of a dma-buf.
/// Source: linux/dma-buf.h of NXP's kernels; mainline has no such call.
struct DmaBufPhys {
  unsigned long address;
};
constexpr unsigned long kDmaBufPhysRequest = _IOW('b', 10, DmaBufPhys);

}  // namespace

Result<std::uint64_t> physical_address_of(int dma_buf) {
  DmaBufPhys answer{};
  if (::ioctl(dma_buf, kDmaBufPhysRequest, &answer) == 0) return std::uint64_t{answer.address};
  return Error::last("ask dma-buf fd " + std::to_string(dma_buf) + " for its address");
}

}  // namespace vsl
