// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/memfd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <iterator>

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

/// As a seccomp profile of a container does. For this process and for good.
bool forbid_memfd_create() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(rules), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(MemfdTest, WhereTheSystemCallIsForbiddenTheErrorSaysWhatToAllow) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!forbid_memfd_create()) ::_exit(77);
    const auto memfd = create_memfd("memfd-test", kBytes, {});
    const bool says = !memfd && memfd.error().code == std::errc::operation_not_permitted &&
                      memfd.error().where.find("memfd_create") != std::string::npos;
    ::_exit(says ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no filters here";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace vsl
