// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "base/unique_fd.hpp"
#include "videostream/buffer.hpp"

namespace vsl {
namespace {

/// How often the kernel has found pages in a state that cannot be.
int bad_pages() {
  const UniqueFd log(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(log);
  int count = 0;
  char record[8192];
  for (ssize_t bytes = 0; (bytes = ::read(log.get(), record, sizeof record)) > 0;) {
    const std::string text(record, static_cast<std::size_t>(bytes));
    count += text.find("BUG: Bad page") != std::string::npos ? 1 : 0;
  }
  return count;
}

// Kernels before 6.12 take the pages of a memfd that ends for unmapped, also when a dma-buf of them
// is mapped.
TEST(UdmabufTest, LeavesTheKernelsPagesInOrderWhenItIsMappedAndFreed) {
  const int before = bad_pages();
  for (int i = 0; i < 3; ++i) {
    const auto buffer = Buffer::allocate(100'000, {.source = MemorySource::udmabuf});
    ASSERT_TRUE(buffer) << buffer.error().message();
    const auto memory = (*buffer)->map();
    ASSERT_TRUE(memory) << memory.error().message();
    memory->back() = std::byte{7};
  }
  EXPECT_EQ(bad_pages(), before);
}

}  // namespace
}  // namespace vsl
