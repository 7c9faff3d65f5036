// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string_view>

#include "base/guarded.hpp"
#include "base/memfd.hpp"
#include "frame/attach.hpp"
#include "frame/buffer_impl.hpp"

namespace vsl {
namespace {

// Source: linux/magic.h; DMA_BUF_MAGIC is missing there before Linux 5.15
constexpr auto kDmaBufMagic = 0x444d4142UL;

unsigned long filesystem_of(int fd) {
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 ? static_cast<unsigned long>(status.f_type) : 0;
}

/// Whether the kernel's name of the open file begins so. False where /proc is not mounted.
bool file_is_called(int fd, std::string_view prefix) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::array<char, 64> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length > 0 &&
         std::string_view(target.data(), static_cast<std::size_t>(length)).starts_with(prefix);
}

/// Whether the kernel tells of an open file what it tells of dma-bufs alone (since Linux 5.3, as it
/// has their file system). Where /proc is not mounted it cannot be ruled out.
bool may_be_dma_buf(int fd) noexcept {
  std::array<char, 40> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/fdinfo/%d", fd);
  const UniqueFd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!file) return true;
  std::array<char, 512> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  return std::string_view(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0)
             .find("\nexp_name:") != std::string_view::npos;
}

const char* describe(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFIFO:
      return "a pipe";
    case S_IFSOCK:
      return "a socket";
    case S_IFDIR:
      return "a directory";
    case S_IFCHR:
      return "a device";
    case S_IFBLK:
      return "a disk";
    default:
      return "nothing that can be mapped";
  }
}

Error refuse(int fd, const std::string& why) {
  return Error::of(std::errc::invalid_argument, "attach fd " + std::to_string(fd) + ": " + why);
}

/// Everything that the descriptor itself tells. `fd` is the caller's, for messages.
Result<void> identify(Buffer::Impl& impl, const ReceivedShape& shape, int fd) {
  impl.device = shape.device;
  impl.inode = shape.inode;
  if (shape.in_memory) {
    // Files of tmpfs know seals too, so that alone does not make a memfd.
    impl.kind = file_is_called(fd, "/memfd:") ? MemoryKind::memfd : MemoryKind::shm;
  } else if (turns_out_dma_buf(fd)) {
    impl.kind = MemoryKind::dma_buf;
  } else if (!S_ISREG(shape.mode)) {
    return refuse(fd, std::string("it is ") + describe(shape.mode) + ", not memory");
  }
  return {};
}

Result<void> take_size(Buffer::Impl& impl, int fd, std::size_t bytes, std::size_t file_bytes) {
  std::size_t real_bytes = file_bytes;
  if (impl.kind == MemoryKind::dma_buf) {
    // stat reports no size for a dma-buf; its lseek answers the size and moves nothing.
    const off_t end = ::lseek(impl.fd.get(), 0, SEEK_END);
    if (end < 0) return Error::last("ask dma-buf fd " + std::to_string(fd) + " for its size");
    real_bytes = static_cast<std::size_t>(end);
  }
  if (real_bytes == 0) return refuse(fd, "it is empty");
  if (real_bytes < bytes) {
    return refuse(fd, "it has " + std::to_string(real_bytes) + " bytes, " + std::to_string(bytes) +
                          " are asked for");
  }
  impl.size_bytes = bytes != 0 ? bytes : real_bytes;
  return {};
}

}  // namespace

bool is_dma_buf(int fd) { return filesystem_of(fd) == kDmaBufMagic; }

bool turns_out_dma_buf(int fd) noexcept { return may_be_dma_buf(fd) && is_dma_buf(fd); }

Result<std::shared_ptr<Buffer>> attach_owned(UniqueFd owned, std::size_t bytes, Access most,
                                             MapCounter map_counter) {
  auto impl = std::make_unique<Buffer::Impl>();
  impl->from_peer = map_counter != nullptr;
  impl->map_counter = std::move(map_counter);
  const int fd = owned.get();
  impl->fd = std::move(owned);
  VSL_TRY(const ReceivedShape shape, inspect_shape(fd));
  VSL_CHECK(identify(*impl, shape, fd));
  VSL_CHECK(take_size(*impl, fd, bytes, shape.bytes));
  const int flags = ::fcntl(fd, F_GETFL);
  impl->map_writable = most == Access::read_write && flags >= 0 && (flags & O_ACCMODE) == O_RDWR &&
                       !shape.sealed_write;
  impl->access = impl->map_writable ? Access::read_write : Access::read;
  impl->may_fault = impl->kind != MemoryKind::dma_buf &&
                    (!shape.sealed_size || shape.huge_pages || shape.has_holes);
  return std::make_shared<Buffer>(std::move(impl));
}

Result<std::shared_ptr<Buffer>> Buffer::attach(int fd, std::size_t bytes) {
  return guarded("attach memory", [&]() -> Result<std::shared_ptr<Buffer>> {
    VSL_TRY(UniqueFd copy, UniqueFd::duplicate(fd));
    return attach_owned(std::move(copy), bytes, Access::read_write);
  });
}

}  // namespace vsl
