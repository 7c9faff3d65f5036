// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/memfd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.hpp"

namespace vsl {
namespace {

constexpr std::size_t kBytes = 4096;

Memfd make(MemfdOptions options = {}) {
  auto memfd = create_memfd("memfd-test", kBytes, options);
  EXPECT_TRUE(memfd);
  return *std::move(memfd);
}

TEST(MemfdTest, LetsItsCreatorWriteAndOthersSeeIt) {
  const Memfd memfd = make();
  memfd.mapping.bytes()[7] = std::byte{9};
  const auto reader = Mapping::map(memfd.fd.get(), kBytes, {});
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->bytes()[7], std::byte{9});
}

TEST(MemfdTest, RefusesEveryNewWriterWhenPeersMayOnlyRead) {
  const Memfd memfd = make({.peers = PeerAccess::read});
  const UniqueFd reopened = testing::reopen_writable(memfd.fd.get());
  for (const int fd : {memfd.fd.get(), reopened.get()}) {
    if (fd < 0) continue;  // not root: the mode refused already
    EXPECT_FALSE(testing::maps_writable(fd));
    EXPECT_EQ(errno, EPERM);
    EXPECT_LT(::pwrite(fd, "x", 1, 0), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_LT(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kBytes), 0);
    EXPECT_EQ(errno, EPERM);
  }
}

TEST(MemfdTest, RefusesToMakeAReadersMappingWritable) {
  const Memfd memfd = make({.peers = PeerAccess::read});
  const auto reader = Mapping::map(memfd.fd.get(), kBytes, {});
  ASSERT_TRUE(reader);
  EXPECT_LT(::mprotect(reader->data(), kBytes, PROT_READ | PROT_WRITE), 0);
}

TEST(MemfdTest, LetsPeersWriteWhenTheyMay) {
  const Memfd memfd = make({.peers = PeerAccess::read_write});
  EXPECT_TRUE(testing::maps_writable(memfd.fd.get()));
}

TEST(MemfdTest, NeverChangesItsSizeNorTakesAnotherSeal) {
  for (const PeerAccess peers : {PeerAccess::read, PeerAccess::read_write}) {
    const Memfd memfd = make({.peers = peers});
    EXPECT_LT(::ftruncate(memfd.fd.get(), 0), 0);
    EXPECT_LT(::ftruncate(memfd.fd.get(), 2 * kBytes), 0);
    EXPECT_LT(::fcntl(memfd.fd.get(), F_ADD_SEALS, F_SEAL_WRITE), 0);
    EXPECT_EQ(errno, EPERM);
  }
}

TEST(MemfdTest, IsForItsOwnerAlone) {
  const Memfd memfd = make();
  struct stat status {};
  ASSERT_EQ(::fstat(memfd.fd.get(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0400U);
}

TEST(MemfdTest, HasAllItsMemoryFromTheStart) {
  const Memfd memfd = make();
  struct stat status {};
  ASSERT_EQ(::fstat(memfd.fd.get(), &status), 0);
  EXPECT_EQ(static_cast<std::size_t>(status.st_blocks) * 512, kBytes);
}

TEST(MemfdTest, LeavesNoFdBehindWhenItCannotBeMade) {
  const auto before = testing::open_fd_count();
  const auto memfd = create_memfd("too-large", std::size_t{1} << 62, {.commit = false});
  EXPECT_FALSE(memfd);
  EXPECT_EQ(testing::open_fd_count(), before);
}

TEST(MemfdTest, ReportsWhatAnFdPromises) {
  const Memfd sealed = make({.peers = PeerAccess::read});
  const auto shape = inspect_shape(sealed.fd.get());
  ASSERT_TRUE(shape);
  EXPECT_TRUE(shape->sealed_size && shape->sealed_write);
  EXPECT_EQ(shape->bytes, kBytes);

  const UniqueFd open_memfd(::memfd_create("unsealed", MFD_CLOEXEC));
  const auto unsealed = inspect_shape(open_memfd.get());
  ASSERT_TRUE(unsealed);
  EXPECT_FALSE(unsealed->sealed_size || unsealed->sealed_write);
  EXPECT_EQ(unsealed->bytes, 0U);
  EXPECT_FALSE(inspect_shape(987));
}

}  // namespace
}  // namespace vsl
