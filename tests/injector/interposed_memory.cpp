// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "injector.hpp"

namespace {

using vsl::injector::Call;
using vsl::injector::fails;

std::atomic<std::int64_t> blocks{0};

#if defined(__SANITIZE_ADDRESS__)
// The sanitizer's malloc stays in its place: what libc allocates is not made to fail then.
void* take(std::size_t bytes) noexcept { return std::malloc(bytes); }
void* take_aligned(std::size_t alignment, std::size_t bytes) noexcept {
  return std::aligned_alloc(alignment, bytes);
}
#else
// Entry points of glibc below the names that are replaced here.
extern "C" void* __libc_malloc(std::size_t);
extern "C" void* __libc_calloc(std::size_t, std::size_t);
extern "C" void* __libc_realloc(void*, std::size_t);
extern "C" void* __libc_memalign(std::size_t, std::size_t);

void* take(std::size_t bytes) noexcept { return __libc_malloc(bytes); }
void* take_aligned(std::size_t alignment, std::size_t bytes) noexcept {
  return __libc_memalign(alignment, bytes);
}
#endif

void* counted(void* block) noexcept {
  if (block != nullptr) blocks.fetch_add(1, std::memory_order_relaxed);  // a count, read at rest
  return block;
}

void* block_or_throw(void* block) {
  if (counted(block) == nullptr) throw std::bad_alloc();
  return block;
}

void give(void* block) noexcept {
  if (block != nullptr) blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

std::size_t to_size(std::align_val_t alignment) noexcept {
  return static_cast<std::size_t>(alignment);
}

}  // namespace

namespace vsl::injector {
std::int64_t live_blocks() noexcept { return blocks.load(std::memory_order_relaxed); }
}  // namespace vsl::injector

#if !defined(__SANITIZE_ADDRESS__)
extern "C" {

void* malloc(std::size_t bytes) noexcept {
  return fails(Call::heap) ? nullptr : __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
  return fails(Call::heap) ? nullptr : __libc_calloc(count, bytes);
}

void* realloc(void* block, std::size_t bytes) noexcept {
  return fails(Call::heap) ? nullptr : __libc_realloc(block, bytes);
}

}  // extern "C"
#endif

void* operator new(std::size_t bytes) {
  return block_or_throw(fails(Call::operator_new) ? nullptr : take(bytes));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return block_or_throw(fails(Call::operator_new) ? nullptr
                                                  : take_aligned(to_size(alignment), bytes));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(fails(Call::operator_new) ? nullptr : take(bytes));
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return operator new(bytes, alignment);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& how) noexcept {
  return operator new(bytes, how);
}
void operator delete(void* block) noexcept { give(block); }
void operator delete(void* block, std::size_t) noexcept { give(block); }
void operator delete(void* block, std::align_val_t) noexcept { give(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give(block); }
void operator delete[](void* block) noexcept { give(block); }
void operator delete[](void* block, std::size_t) noexcept { give(block); }
void operator delete[](void* block, std::align_val_t) noexcept { give(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { give(block); }
