// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "floor.hpp"

#include "timing.hpp"

namespace vsl::bench {

std::int64_t floor_post(const ControlPage& page, std::uint64_t number) {
  const std::int64_t stamp_ns = now_ns();
  page->stamps_ns[number % kStamps].store(stamp_ns, std::memory_order_relaxed);
  // Release: the client that sees the new word sees its stamp.
  page->floor_word.store(static_cast<std::uint32_t>(number), std::memory_order_release);
  wake_all(page->floor_word);
  return now_ns() - stamp_ns;
}

std::int64_t floor_wait(const ControlPage& page, std::uint64_t& seen) {
  const auto before = static_cast<std::uint32_t>(seen);
  std::uint32_t word = before;
  while ((word = page->floor_word.load(std::memory_order_acquire)) == before) {
    wait_while(page->floor_word, before);
  }
  seen += word - before;  // the low half of the number, which only grows
  if (const std::byte* buffer = page.floor_buffer(seen)) {
    read_pages({buffer, page->settings.frame_bytes});
  }
  return now_ns();
}

}  // namespace vsl::bench
