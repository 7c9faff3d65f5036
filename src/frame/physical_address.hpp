// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "videostream/result.hpp"

namespace vsl {

/// The physical address of a dma-buf. Errors: errno of the vendor's ioctl, which most kernels have
/// not.
Result<std::uint64_t> physical_address_of(int dma_buf);

}  // namespace vsl
