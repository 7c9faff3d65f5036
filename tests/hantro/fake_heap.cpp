// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "fake_heap.hpp"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <map>
#include <string_view>

#include "standin/hooks.hpp"

namespace vsl::test {
namespace {

constexpr unsigned long kPhysRequest = _IOW('b', 10, unsigned long);
constexpr std::uint64_t kAbove = std::uint64_t{5} << 30;

struct State {
  Heap heap = Heap::none;
  std::map<ino_t, std::uint64_t> addresses;  ///< of our memory, by its inode
  std::size_t allocations = 0;
  int brackets = 0;
};

State& state() {
  static State state;
  return state;
}

bool is_heap(std::string_view path) {
  const Heap heap = state().heap;
  if (heap == Heap::none) return false;
  return path ==
         (heap == Heap::cached ? "/dev/dma_heap/linux,cma" : "/dev/dma_heap/linux,cma-uncached");
}

ino_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

int allocate(dma_heap_allocation_data& request) {
  const int fd = ::memfd_create("heap", MFD_CLOEXEC);
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(request.len)) != 0) return -1;
  void* memory = ::mmap(nullptr, request.len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -1;
  const std::uint64_t address = standin::invent_address(request.len);
  standin::add_memory(address, static_cast<std::byte*>(memory), request.len);
  state().addresses[inode_of(fd)] = address;
  ++state().allocations;
  request.fd = static_cast<std::uint32_t>(fd);
  return 0;
}

int tell_address(int fd, unsigned long* answer) {
  const auto found = state().addresses.find(inode_of(fd));
  if (found == state().addresses.end() || state().heap == Heap::without_phys) {
    errno = ENOTTY;
    return -1;
  }
  *answer = found->second + (state().heap == Heap::high ? kAbove : 0);
  return 0;
}

int bracket(const dma_buf_sync& sync) {
  state().brackets += (sync.flags & DMA_BUF_SYNC_END) != 0 ? -1 : 1;
  return 0;
}

}  // namespace

void set_heap(Heap heap) { state().heap = heap; }
std::size_t heap_allocations() { return state().allocations; }
int open_brackets() { return state().brackets; }

}  // namespace vsl::test

// The linker lets calls of open() and ioctl() come here.
extern "C" {
int __real_open(const char* path, int flags, ...);     // NOLINT: the linker's names
int __real_ioctl(int fd, unsigned long request, ...);  // NOLINT

int __wrap_open(const char* path, int flags, ...) {  // NOLINT
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (vsl::test::is_heap(path)) return ::memfd_create("heap device", MFD_CLOEXEC);
  if (std::string_view(path).starts_with("/dev/dma_heap/")) {
    errno = ENOENT;  // whatever this machine has: its memory has no address
    return -1;
  }
  return __real_open(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long request, ...) {  // NOLINT
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (request == DMA_HEAP_IOCTL_ALLOC) {
    return vsl::test::allocate(*static_cast<dma_heap_allocation_data*>(argument));
  }
  if (request == vsl::test::kPhysRequest) {
    return vsl::test::tell_address(fd, static_cast<unsigned long*>(argument));
  }
  if (request == DMA_BUF_IOCTL_SYNC) {
    return vsl::test::bracket(*static_cast<const dma_buf_sync*>(argument));
  }
  return __real_ioctl(fd, request, argument);
}
}
