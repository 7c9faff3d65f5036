// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <string>
#include <vector>

#include "tests/capi/bus.hpp"
#include "tests/faults/faults.hpp"
#include "tests/lab/dma_bufs.hpp"

/// DMA_BUF_IOCTL_SYNC around every access of the CPU: where caches are not coherent with devices, a
/// bracket too few is a broken picture, and a bracket left open one as well.
namespace {
std::vector<std::uint64_t>* heard = nullptr;  // flags of the calls, while somebody listens
}

/// Stands before the C library's own.
extern "C" int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  if (request == DMA_BUF_IOCTL_SYNC && heard != nullptr) {
    heard->push_back(static_cast<const dma_buf_sync*>(argument)->flags);
  }
  return static_cast<int>(::syscall(SYS_ioctl, fd, request, argument));
}

namespace vsl::lab {
namespace {

using ipc::test::Bus;
using ipc::test::must;
using Calls = std::vector<std::uint64_t>;

constexpr std::uint64_t kBeginRead = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ;
constexpr std::uint64_t kEndRead = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
constexpr std::uint64_t kBeginWrite = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW;
constexpr std::uint64_t kEndWrite = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;

class BracketsTest : public ::testing::TestWithParam<Source> {
 protected:
  BracketsTest() { heard = &calls_; }
  ~BracketsTest() override { heard = nullptr; }
  /// What was called since the last time.
  Calls calls() { return std::exchange(calls_, {}); }
  Bus bus_{HostOptions{}, 8, GetParam().options};

 private:
  Calls calls_;
};

INSTANTIATE_TEST_SUITE_P(Of, BracketsTest, every_source(), name_of);

TEST_P(BracketsTest, OneStandsAroundTheWritingOfAFrameAndEndsBeforeItIsShown) {
  Frame frame = bus_.acquire();
  EXPECT_EQ(calls(), Calls{}) << "nothing is touched yet";
  frame.plane(0)[0] = std::byte{1};
  frame.plane(1)[0] = std::byte{2};
  EXPECT_EQ(calls(), Calls{kBeginWrite});
  ASSERT_TRUE(bus_.host.publish(std::move(frame)));
  EXPECT_EQ(calls(), Calls{kEndWrite});
}

TEST_P(BracketsTest, OneEndsWithAFrameThatIsNeverShown) {
  bus_.acquire().plane(0)[0] = std::byte{1};
  EXPECT_EQ(calls(), (Calls{kBeginWrite, kEndWrite}));
}

TEST_P(BracketsTest, OneStandsAroundTheReadingOfAFrameAndEndsWithTheLease) {
  Client client = bus_.client();
  ASSERT_TRUE(bus_.round(client));  // has fd and mapping from now on
  bus_.publish(7);
  (void)calls();
  Lease lease = bus_.next(client);
  ASSERT_TRUE(lease);
  EXPECT_EQ(calls(), Calls{}) << "who does not look does not pay";
  EXPECT_EQ(lease.plane(0)[0], std::byte{7});
  EXPECT_EQ(lease.plane(1)[0], std::byte{7});
  EXPECT_EQ(calls(), Calls{kBeginRead});
  lease.release();
  EXPECT_EQ(calls(), Calls{kEndRead});
}

TEST_P(BracketsTest, AProducerThatOnlyPassesFramesOnMakesNone) {
  ASSERT_TRUE(bus_.host.publish(bus_.acquire()));
  EXPECT_EQ(calls(), Calls{});
}

struct Mode {
  const char* name;
  int mode;
  std::uint64_t begin, end;
};

class CSyncTest : public ::testing::TestWithParam<Source> {
 protected:
  void SetUp() override {
    memory_ = must(Buffer::allocate(kBytes, GetParam().options));
    frame_.reset(vsl_frame_init(64, 32, 0, capi_test::kNv12, nullptr, nullptr));
    heard = &calls_;
  }
  void TearDown() override { heard = nullptr; }
  Calls calls() { return std::exchange(calls_, {}); }

  static constexpr std::size_t kBytes = 64 * 32 * 3 / 2;
  std::shared_ptr<Buffer> memory_;
  capi_test::FramePtr frame_;

 private:
  Calls calls_;
};

INSTANTIATE_TEST_SUITE_P(Of, CSyncTest, every_source(Access::read_write), name_of);

TEST_P(CSyncTest, AttachedDmaBufsAreSynchronisedToo) {
  ASSERT_EQ(vsl_frame_attach(frame_.get(), memory_->fd(), 0, 0), 0) << vsl_last_error();
  for (const Mode& mode : {Mode{"read", O_RDONLY, kBeginRead, kEndRead},
                           Mode{"write", O_WRONLY, kBeginWrite, kEndWrite},
                           Mode{"both", O_RDWR, kBeginWrite, kEndWrite}}) {
    EXPECT_EQ(vsl_frame_sync(frame_.get(), 1, mode.mode), 0);
    EXPECT_EQ(vsl_frame_sync(frame_.get(), 0, mode.mode), 0);
    EXPECT_EQ(calls(), (Calls{mode.begin, mode.end})) << mode.name;
  }
}

TEST_P(CSyncTest, AMappingOpensABracketAndItsEndCloses) {
  ASSERT_EQ(vsl_frame_attach(frame_.get(), memory_->fd(), 0, 0), 0) << vsl_last_error();
  ASSERT_NE(vsl_frame_mmap(frame_.get(), nullptr), nullptr);
  ASSERT_NE(vsl_frame_mmap(frame_.get(), nullptr), nullptr);
  EXPECT_EQ(calls(), Calls{kBeginWrite}) << "mappings are not counted";
  vsl_frame_munmap(frame_.get());
  EXPECT_EQ(calls(), Calls{kEndWrite});
  vsl_frame_munmap(frame_.get());
  EXPECT_EQ(calls(), Calls{});
}

TEST_P(CSyncTest, PostingAFrameThatIsMappedClosesItsBracket) {
  const capi_test::HostPtr host(vsl_host_init(capi_test::fresh_path().c_str()));
  ASSERT_NE(host, nullptr) << vsl_last_error();
  ASSERT_EQ(vsl_frame_attach(frame_.get(), memory_->fd(), 0, 0), 0) << vsl_last_error();
  ASSERT_NE(vsl_frame_mmap(frame_.get(), nullptr), nullptr);
  (void)calls();
  ASSERT_EQ(vsl_host_post(host.get(), frame_.release(), 0, 0, 0, 0), 0) << vsl_last_error();
  EXPECT_EQ(calls(), Calls{kEndWrite});
}

}  // namespace
}  // namespace vsl::lab
