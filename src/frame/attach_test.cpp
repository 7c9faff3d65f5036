// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "base/testing.hpp"
#include "base/unique_fd.hpp"
#include "videostream/buffer.hpp"

namespace vsl {
namespace {

constexpr std::size_t kBytes = 4096;

UniqueFd unsealed_memfd() {
  UniqueFd fd(::memfd_create("attach-test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::ftruncate(fd.get(), kBytes), 0);
  return fd;
}

void expect_refused(int fd, const std::string& because) {
  const auto buffer = Buffer::attach(fd);
  ASSERT_FALSE(buffer) << because;
  EXPECT_EQ(buffer.error().code, std::errc::invalid_argument);
  EXPECT_NE(buffer.error().where.find(because), std::string::npos) << buffer.error().where;
}

TEST(AttachTest, SharesAMemfdAndItsSize) {
  const UniqueFd fd = unsealed_memfd();
  const auto buffer = Buffer::attach(fd.get());
  ASSERT_TRUE(buffer);
  EXPECT_EQ((*buffer)->kind(), MemoryKind::memfd);
  EXPECT_EQ((*buffer)->size_bytes(), kBytes);
  EXPECT_EQ((*buffer)->access(), Access::read_write);
  EXPECT_TRUE((*buffer)->may_fault());
  (*buffer)->map()->front() = std::byte{'x'};
  char byte = 0;
  EXPECT_EQ(::pread(fd.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
}

TEST(AttachTest, KeepsADescriptorOfItsOwn) {
  UniqueFd fd = unsealed_memfd();
  const auto buffer = Buffer::attach(fd.get(), 100);
  ASSERT_TRUE(buffer);
  EXPECT_NE((*buffer)->fd(), fd.get());
  EXPECT_EQ(::fcntl((*buffer)->fd(), F_GETFD), FD_CLOEXEC);
  fd.reset();
  EXPECT_EQ((*buffer)->map()->size(), 100U);
}

TEST(AttachTest, SeesThatTwoFdsAreTheSameMemory) {
  const UniqueFd fd = unsealed_memfd();
  const UniqueFd other_fd = unsealed_memfd();
  const auto one = Buffer::attach(fd.get());
  const auto two = Buffer::attach(fd.get());
  const auto other = Buffer::attach(other_fd.get());
  ASSERT_TRUE(one && two && other);
  EXPECT_EQ((*one)->inode(), (*two)->inode());
  EXPECT_EQ((*one)->device(), (*two)->device());
  EXPECT_NE((*one)->inode(), (*other)->inode());
}

TEST(AttachTest, MapsWhatIsSealedAgainstWritesForReading) {
  const auto owner = Buffer::allocate(kBytes, {.source = MemorySource::memfd});
  ASSERT_TRUE(owner);
  (*owner)->map()->front() = std::byte{7};
  const auto buffer = Buffer::attach((*owner)->fd());
  ASSERT_TRUE(buffer);
  EXPECT_EQ((*buffer)->access(), Access::read);
  EXPECT_FALSE((*buffer)->may_fault());
  const auto bytes = (*buffer)->map();
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->front(), std::byte{7});
}

TEST(AttachTest, TellsSharedMemoryFromFiles) {
  const auto shm = Buffer::allocate(kBytes, {.source = MemorySource::shm});
  ASSERT_TRUE(shm);
  const auto attached = Buffer::attach((*shm)->fd());
  ASSERT_TRUE(attached);
  EXPECT_EQ((*attached)->kind(), MemoryKind::shm);
  EXPECT_TRUE((*attached)->may_fault());

  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const auto program = Buffer::attach(file.get());
  ASSERT_TRUE(program);
  EXPECT_NE((*program)->kind(), MemoryKind::memfd);
  EXPECT_EQ((*program)->access(), Access::read);
  EXPECT_TRUE((*program)->may_fault());
}

TEST(AttachTest, AFileIsNoDmaBufByItsName) {
  // In a file system of its own that is mounted nowhere its name is what a dma-buf's is.
  const UniqueFd context(::fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    GTEST_SKIP() << "making a file system needs root: " << std::strerror(errno);
  }
  const UniqueFd root(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  const UniqueFd file(::openat(root.get(), "dmabuf:x", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::ftruncate(file.get(), kBytes), 0);
  std::array<char, 64> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(file.get());
  ASSERT_GT(::readlink(link.c_str(), name.data(), name.size()), 0);
  ASSERT_TRUE(std::string_view(name.data()).starts_with("/dmabuf:")) << name.data();
  const auto buffer = Buffer::attach(file.get());
  ASSERT_TRUE(buffer);
  EXPECT_NE((*buffer)->kind(), MemoryKind::dma_buf);
  EXPECT_TRUE((*buffer)->may_fault());
}

TEST(AttachTest, RefusesAnFdThatIsNotOpen) {
  for (const int fd : {-1, 987}) {
    const auto buffer = Buffer::attach(fd);
    ASSERT_FALSE(buffer);
    EXPECT_EQ(buffer.error().code, std::errc::bad_file_descriptor);
  }
}

TEST(AttachTest, SaysWhyAnFdIsNoMemory) {
  const auto before = testing::open_fd_count();
  {
    std::array<int, 2> pipe_fds{}, socket_fds{};
    ASSERT_EQ(::pipe2(pipe_fds.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socket_fds.data()), 0);
    const UniqueFd pipe_read(pipe_fds[0]), pipe_write(pipe_fds[1]);
    const UniqueFd socket(socket_fds[0]), peer(socket_fds[1]);
    const UniqueFd directory(::open("/", O_RDONLY | O_CLOEXEC));
    const UniqueFd device(::open("/dev/zero", O_RDWR | O_CLOEXEC));
    const UniqueFd event(::eventfd(0, EFD_CLOEXEC));
    const UniqueFd empty(::memfd_create("empty", MFD_CLOEXEC));
    expect_refused(pipe_read.get(), "a pipe");
    expect_refused(socket.get(), "a socket");
    expect_refused(directory.get(), "a directory");
    expect_refused(device.get(), "a device");
    expect_refused(event.get(), "");
    expect_refused(empty.get(), "empty");
  }
  EXPECT_EQ(testing::open_fd_count(), before);
}

TEST(AttachTest, RefusesMemoryThatIsTooSmall) {
  const UniqueFd fd = unsealed_memfd();
  EXPECT_TRUE(Buffer::attach(fd.get(), kBytes));
  const auto buffer = Buffer::attach(fd.get(), kBytes + 1);
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().code, std::errc::invalid_argument);
  EXPECT_NE(buffer.error().where.find("4096"), std::string::npos);
}

}  // namespace
}  // namespace vsl
