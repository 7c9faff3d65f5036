// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame/received_fd.hpp"

#include "base/closer.hpp"
#include "base/memfd.hpp"
#include "frame/attach.hpp"

namespace vsl {

void ReceivedFd::reset() noexcept {
  if (!fd_) return;
  if (lies_in_memory(fd_.get()) || turns_out_dma_buf(fd_.get())) {
    fd_.reset();
  } else {
    close_elsewhere(std::move(fd_));
  }
}

}  // namespace vsl
