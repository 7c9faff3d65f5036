// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/mman.h>

#include <cstring>

#include "cast.hpp"

namespace vsl::injector {
namespace {

constexpr std::size_t kBytes = 10000;

void pool_create(Run& run) {
  auto pool = run.attempt("create a pool", [] { return Pool::create(small_pool()); });
  if (pool) {
    auto frame = run.attempt("acquire a frame", [&] { return pool->acquire(); });
    if (frame) run.check(!frame->plane(0).empty(), "a frame of the pool has no memory");
  }
  run.relieve();
  run.check(Pool::create(small_pool()).has_value(), "no pool can be made afterwards");
}

void allocate(Run& run, const MemoryOptions& options) {
  auto buffer = run.attempt("allocate", [&] { return Buffer::allocate(kBytes, options); });
  if (buffer) {
    const auto bytes = (*buffer)->map();
    if (run.check(bytes.has_value(), "allocated memory is not mapped")) {
      std::memset(bytes->data(), 1, bytes->size());
    }
    run.armed([&] { buffer.reset(); });
  }
  run.relieve();
  run.check(Buffer::allocate(kBytes, options).has_value(), "none can be allocated afterwards");
}

void allocate_memfd(Run& run) { allocate(run, {.source = MemorySource::memfd}); }
void allocate_memfd_for_writers(Run& run) {
  allocate(run, {.source = MemorySource::memfd, .access = Access::read_write});
}
void allocate_shm(Run& run) { allocate(run, {.source = MemorySource::shm}); }
void allocate_shm_by_name(Run& run) {
  allocate(run, {.source = MemorySource::shm, .name = "/injector-" + std::to_string(::getpid())});
}
void allocate_automatic(Run& run) { allocate(run, {}); }

void frame_attach(Run& run) {
  const auto memory =
      ipc::test::must(Buffer::allocate(kBytes, {MemorySource::memfd, {}, Access::read_write}));
  const auto attach = [&] { return Buffer::attach(memory->fd()); };
  auto attached = run.attempt("attach memory", attach);
  if (attached) {
    (void)run.attempt("map attached memory", [&] { return (*attached)->map(); });
    const Layout layout = ipc::test::must(Layout::packed(fourcc("NV12"), 64, 32));
    auto frame = run.attempt("wrap a frame around it", [&] {
      return Frame::wrap({.layout = layout}, {&*attached, 1});
    });
    if (frame) (void)run.attempt_void("map the frame", [&] { return frame->map(); });
    run.relieve();
    run.check((*attached)->map().has_value(), "attached memory cannot be mapped afterwards");
    if (frame) run.check(!frame->plane(0).empty(), "its frame has no memory");
  }
  run.relieve();
  run.check(attach().has_value(), "no memory can be attached afterwards");
}

}  // namespace

std::vector<Scenario> memory_scenarios() {
  return {
      {"pool_create",
       pool_create,
       {Call::operator_new, Call::mmap, Call::memfd_create, Call::ftruncate, Call::fallocate,
        Call::add_seals, Call::open, Call::stat}},
      {"allocate_memfd",
       allocate_memfd,
       {Call::operator_new, Call::mmap, Call::memfd_create, Call::ftruncate, Call::fallocate,
        Call::add_seals, Call::open, Call::stat}},
      {"allocate_memfd_for_writers",
       allocate_memfd_for_writers,
       {Call::operator_new, Call::mmap, Call::memfd_create, Call::ftruncate, Call::fallocate,
        Call::add_seals, Call::open, Call::stat}},
      {"allocate_shm",
       allocate_shm,
       {Call::operator_new, Call::mmap, Call::ftruncate, Call::posix_fallocate, Call::shm_open,
        Call::open, Call::stat}},
      {"allocate_shm_by_name",
       allocate_shm_by_name,
       {Call::operator_new, Call::mmap, Call::ftruncate, Call::posix_fallocate, Call::shm_open,
        Call::open, Call::stat}},
      {"allocate_automatic",
       allocate_automatic,
       {Call::operator_new, Call::mmap, Call::memfd_create, Call::ftruncate, Call::fallocate,
        Call::add_seals, Call::open, Call::stat}},
      {"frame_attach",
       frame_attach,
       {Call::operator_new, Call::mmap, Call::duplicate_fd, Call::stat}},
  };
}

}  // namespace vsl::injector
