// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "kernel/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "kernel/kernel.hpp"
#include "support/check.hpp"

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010  // Linux 5.1
#endif

extern "C" {
int __real_memfd_create(const char* name, unsigned flags);
int __real_ftruncate(int fd, off_t bytes);
int __real_fallocate(int fd, int mode, off_t offset, off_t bytes);
void* __real_mmap(void* near, std::size_t bytes, int protection, int flags, int fd, off_t offset);
}

namespace vsl::fuzz::kernel {
namespace {

constexpr int kWriteSeals = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

std::size_t whole_pages(std::size_t bytes) {
  constexpr std::size_t kPage = 4096;
  return (bytes + kPage - 1) / kPage * kPage;
}

class Memory;

/// One place where a store is mapped. It stays mapped; what is not in use is poisoned.
struct View {
  std::byte* address;
  std::size_t bytes;
  int protection;
  std::shared_ptr<Memory> user;  ///< null: free

  void take(std::shared_ptr<Memory> by) {
    user = std::move(by);
    ASAN_UNPOISON_MEMORY_REGION(address, guarded_bytes());
  }
  std::shared_ptr<Memory> give() {
    ASAN_POISON_MEMORY_REGION(address, guarded_bytes());
    return std::move(user);
  }

 private:
  /// Of large memory the front alone: marking it all would cost more than what uses it.
  std::size_t guarded_bytes() const { return std::min<std::size_t>(bytes, 16384); }
};

/// A memfd of the real kernel and where it is mapped, used for one Memory after the other.
class Store {
 public:
  explicit Store(std::size_t bytes)
      : bytes_(bytes), fd_(__real_memfd_create("store", MFD_CLOEXEC)) {
    VSL_MUST(fd_ >= 0 && __real_ftruncate(fd_, static_cast<off_t>(bytes)) == 0);
    if (bytes <= kSmall) all_ = map(bytes, PROT_READ | PROT_WRITE);
  }

  std::size_t bytes() const { return bytes_; }
  void clear(std::size_t offset, std::size_t bytes) {
    if (all_ != nullptr) {
      std::memset(all_ + offset, 0, bytes);
      return;
    }
    VSL_MUST(__real_fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                              static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0);
  }
  View* free_view(std::size_t bytes, int protection);

 private:
  static constexpr std::size_t kSmall = 65536;
  std::byte* map(std::size_t bytes, int protection) {
    void* const data = __real_mmap(nullptr, bytes, protection, MAP_SHARED | MAP_POPULATE, fd_, 0);
    return data != MAP_FAILED ? static_cast<std::byte*>(data) : nullptr;
  }

  const std::size_t bytes_;
  const int fd_;
  std::byte* all_ = nullptr;
  std::vector<std::unique_ptr<View>> views_;
};

struct Kept {
  std::unordered_map<std::size_t, std::vector<std::unique_ptr<Store>>> stores;  ///< by size
  std::unordered_map<const void*, View*> views;
  std::uint64_t last_inode = 0;
  std::size_t bus_mappings = 0;
};

Kept& kept() {
  static Kept& instance = *new Kept;
  return instance;
}

View* Store::free_view(std::size_t bytes, int protection) {
  for (const auto& view : views_) {
    if (view->user == nullptr && view->bytes == bytes && view->protection == protection) {
      return view.get();
    }
  }
  std::byte* const data = map(bytes, protection);
  if (data == nullptr) return nullptr;
  views_.push_back(std::make_unique<View>(View{data, bytes, protection, nullptr}));
  kept().views[data] = views_.back().get();
  return views_.back().get();
}

/// What is in a memfd, however many have it open.
class Memory {
 public:
  Memory(std::string link_in, int seals_in)
      : link(std::move(link_in)),
        seals(seals_in),
        inode(++kept().last_inode),
        is_bus(link.starts_with("/memfd:vsl")) {}
  ~Memory() {
    if (store != nullptr) kept().stores[store->bytes()].push_back(std::move(store));
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  int resize(std::size_t wanted);
  std::size_t bytes() const { return store != nullptr ? store->bytes() : 0; }

  const std::string link;
  int seals;
  const std::uint64_t inode;
  const bool is_bus;
  mode_t mode = 0777;
  std::unique_ptr<Store> store;
};

int Memory::resize(std::size_t wanted) {
  if (wanted == bytes()) return 0;
  if ((seals & (wanted < bytes() ? F_SEAL_SHRINK : F_SEAL_GROW)) != 0) return -EPERM;
  VSL_MUST(store == nullptr);  // no fuzzer does that
  auto& free_stores = kept().stores[wanted];
  if (free_stores.empty()) {
    store = std::make_unique<Store>(wanted);
    return 0;
  }
  store = std::move(free_stores.back());
  free_stores.pop_back();
  store->clear(0, wanted);
  return 0;
}

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<Memory> memory_in, int flags_in)
      : File(S_IFREG, flags_in), memory(std::move(memory_in)) {}

  std::uint32_t events() const override { return EPOLLIN | EPOLLOUT; }
  ssize_t read(void* to, std::size_t bytes) override;
  std::string link() const override { return memory->link; }
  void describe(struct stat& status) const override {
    status.st_mode = S_IFREG | memory->mode;
    status.st_size = static_cast<off_t>(memory->bytes());
    status.st_blocks = (status.st_size + 511) / 512;  // no holes here
    status.st_ino = memory->inode;
    status.st_dev = 1;
  }
  FilePtr reopen(int flags_in) override { return std::make_shared<MemoryFile>(memory, flags_in); }
  bool path_only() const { return (flags & O_PATH) != 0; }
  bool writable() const { return !path_only() && (flags & O_ACCMODE) == O_RDWR; }

  const std::shared_ptr<Memory> memory;
};

ssize_t MemoryFile::read(void* to, std::size_t bytes) {
  if (path_only()) return -EBADF;
  const std::size_t some = std::min(bytes, memory->bytes());  // its position never moves far
  std::memset(to, 0, some);
  return static_cast<ssize_t>(some);
}

/// Calls `use` with memory that `fd` may be used for, or says why that cannot be.
template <class Use>
auto with_memory(int fd, Use use) -> decltype(use(std::declval<MemoryFile&>())) {
  auto* const file = find_as<MemoryFile>(fd);
  if (file == nullptr) return find(fd) != nullptr ? -EINVAL : -EBADF;
  return file->path_only() ? -EBADF : use(*file);
}

int check_map(int fd, int protection) {
  if (find(fd) != nullptr && find_as<MemoryFile>(fd) == nullptr) return -ENODEV;
  return with_memory(fd, [&](MemoryFile& file) {
    if ((protection & PROT_WRITE) == 0) return 0;
    if (!file.writable()) return -EACCES;
    return (file.memory->seals & kWriteSeals) != 0 ? -EPERM : 0;
  });
}

}  // namespace

std::size_t bus_mappings() { return kept().bus_mappings; }

FilePtr make_memory(std::string link, bool sealable) {
  auto memory = std::make_shared<Memory>(std::move(link), sealable ? 0 : F_SEAL_SEAL);
  return std::make_shared<MemoryFile>(std::move(memory), O_RDWR);
}

int memory_resize(int fd, std::int64_t bytes) {
  return with_memory(fd, [&](MemoryFile& file) {
    if (bytes < 0 || !file.writable()) return -EINVAL;
    return file.memory->resize(static_cast<std::size_t>(bytes));
  });
}

int memory_allocate(int fd, int mode, std::int64_t offset, std::int64_t bytes) {
  return with_memory(fd, [&](MemoryFile& file) {
    Memory& memory = *file.memory;
    if (!file.writable()) return -EBADF;
    if (offset < 0 || bytes <= 0) return -EINVAL;
    const auto first = static_cast<std::size_t>(offset), size = memory.bytes();
    const auto count = static_cast<std::size_t>(bytes);
    if ((mode & FALLOC_FL_PUNCH_HOLE) == 0) {
      return first + count <= size ? 0 : memory.resize(first + count);
    }
    if ((memory.seals & kWriteSeals) != 0) return -EPERM;
    if (first < size) memory.store->clear(first, std::min(count, size - first));
    return 0;
  });
}

int memory_set_mode(int fd, mode_t mode) {
  return with_memory(fd, [&](MemoryFile& file) {
    file.memory->mode = mode;
    return 0;
  });
}

int memory_seals(int fd) {
  return with_memory(fd, [](MemoryFile& file) { return file.memory->seals; });
}

int memory_add_seals(int fd, int seals) {
  return with_memory(fd, [&](MemoryFile& file) {
    if (!file.writable() || (file.memory->seals & F_SEAL_SEAL) != 0) return -EPERM;
    file.memory->seals |= seals;
    return 0;
  });
}

ssize_t memory_write_at(int fd, const void* /*from*/, std::size_t /*bytes*/, std::int64_t) {
  return with_memory(fd, [&](MemoryFile& file) -> ssize_t {
    VSL_MUST((file.memory->seals & kWriteSeals) != 0);  // no fuzzer writes what it may
    return file.writable() ? -EPERM : -EBADF;
  });
}

void* map_memory(int fd, std::size_t bytes, int protection) {
  const int wrong = bytes == 0 ? -EINVAL : check_map(fd, protection);
  if (wrong != 0) {
    errno = -wrong;
    return nullptr;
  }
  const auto& memory = find_as<MemoryFile>(fd)->memory;
  VSL_MUST(memory->store != nullptr);  // who maps what is empty gets a SIGBUS; we look first
  View* const view = memory->store->free_view(whole_pages(bytes), protection);
  if (view == nullptr) return nullptr;
  view->take(memory);
  if (memory->is_bus) ++kept().bus_mappings;
  return view->address;
}

bool unmap_memory(void* address, std::size_t bytes) {
  const auto found = kept().views.find(address);
  if (found == kept().views.end()) return false;
  View& view = *found->second;
  VSL_MUST(view.user != nullptr && view.bytes == whole_pages(bytes));
  const auto memory = view.give();
  if (memory->is_bus) --kept().bus_mappings;
  return true;
}

bool is_mapped(const void* address) { return kept().views.contains(address); }

}  // namespace vsl::fuzz::kernel
