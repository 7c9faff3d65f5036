// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>

#include "frame/allocators.hpp"

namespace vsl {
namespace {

constexpr mode_t kMode = 0660;  // as release 2.5: programs of one group share by name

std::string unique_name() {
  static std::atomic<std::uint32_t> counter{0};
  std::uint64_t random = 0;
  // Without entropy the name is still unique among living processes; O_EXCL catches the rest.
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) < 0) random = 0;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "/vsl-%d-%u-%016llx", static_cast<int>(::getpid()),
                counter.fetch_add(1, std::memory_order_relaxed),
                static_cast<unsigned long long>(random));
  return text.data();
}

struct OpenedShm {
  UniqueFd fd;
  bool created = false;
};

/// A new object, or with `reuse` the one of this name that is there.
Result<OpenedShm> open_shm(const std::string& name, bool reuse) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC;
  UniqueFd fresh(::shm_open(name.c_str(), kFlags | O_EXCL, kMode));
  if (fresh) return OpenedShm{std::move(fresh), true};
  if (errno == EEXIST && reuse) {
    UniqueFd existing(::shm_open(name.c_str(), kFlags, kMode));
    if (existing) return OpenedShm{std::move(existing), false};
  }
  return Error::last("open the shared memory object " + name);
}

Result<void> size_shm(int fd, std::size_t bytes, const std::string& name) {
  const auto what = [&] { return std::to_string(bytes) + " bytes of shared memory " + name; };
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0)
    return Error::last("make room for " + what());
  int failed = 0;
  do failed = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  while (failed == EINTR);
  if (failed == 0) return {};
  return Error::from_errno(failed, "allocate " + what() + " (is /dev/shm too small?)");
}

}  // namespace

ShmName::ShmName(std::string name) : unlinker_(std::make_unique<Unlinker>(std::move(name))) {}
void ShmName::own() noexcept { unlinker_->owned = true; }

ShmName::Unlinker::~Unlinker() {
  if (owned && !fork_guard.in_child()) ::shm_unlink(name.c_str());
}

Allocation allocate_shm(std::size_t bytes, const MemoryOptions& options) {
  const bool named = !options.name.empty();
  auto impl = std::make_unique<Buffer::Impl>();
  impl->name = named ? options.name : unique_name();
  ShmName name(impl->name);  // before there is an object that could be left behind
  VSL_TRY(OpenedShm opened, open_shm(impl->name, named));
  if (opened.created) name.own();  // also when a later step fails
  impl->fd = std::move(opened.fd);
  VSL_CHECK(size_shm(impl->fd.get(), bytes, impl->name));
  impl->size_bytes = bytes;
  impl->kind = MemoryKind::shm;
  impl->access = options.access;
  impl->may_fault = true;  // whoever has the name can truncate it
  impl->map_writable = true;
  auto finished = finish_allocation(std::move(impl));
  if (!finished) return finished;
  // Release 2.5 unlinks at the end also what it found; programs rely on names being gone then.
  name.own();
  (*finished)->shm_name = std::move(name);
  return finished;
}

}  // namespace vsl
