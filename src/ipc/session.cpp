// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <bit>

#include "ipc/layout_of.hpp"
#include "ipc/socket.hpp"

namespace vsl {

Lease::Session::Session(int version_in, UniqueFd socket_in, std::uint32_t records_in)
    : version(version_in),
      max_records(records_in),
      socket(std::move(socket_in)),
      free_records_(records_in >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << records_in) - 1) {
  fork_guard.watch(socket.get());
}

namespace {

/// Takes what an honest host sent last: buffers nobody asked for any more. Left in the queue they
/// would be closed with the socket, and a thread would have to do it.
void take_the_rest(int socket) noexcept {
  ::shutdown(socket, SHUT_RDWR);
  constexpr int kMost = 64;
  ipc::Packet packet;
  for (int i = 0; i < kMost; ++i) {
    if (ipc::receive_packet(socket, packet) != ipc::Transfer::done) return;
  }
}

}  // namespace

Lease::Session::~Session() {
  if (fork_guard.in_child()) return;
  fork_guard.watch(-1);
  if (socket) take_the_rest(socket.get());
  ipc::close_connection(std::move(socket));
}

[[gnu::hot]] std::optional<std::uint32_t> Lease::Session::take_record() noexcept {
  std::uint64_t free = free_records_.load(std::memory_order_relaxed);  // the CAS decides
  while (free != 0) {
    // acquire: what the last user of the record wrote is over
    if (free_records_.compare_exchange_weak(free, free & (free - 1), std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
      return static_cast<std::uint32_t>(std::countr_zero(free));
    }
  }
  return std::nullopt;
}

[[gnu::hot]] void Lease::Session::give_record(std::uint32_t index) noexcept {
  // release: pairs with the acquire above
  free_records_.fetch_or(std::uint64_t{1} << index, std::memory_order_release);
}

[[gnu::hot]] void Lease::Session::pin(Record& record) noexcept {
  for (std::uint32_t i = 0; i < record.description.buffer_count; ++i) {
    record.buffers[i]->leases.fetch_add(1, std::memory_order_relaxed);  // by the cache's own thread
  }
}

[[gnu::hot]] void Lease::Session::unpin(Record& record) noexcept {
  // relaxed: whoever opened a bracket had the lease before us. Mostly there is none.
  std::uint32_t open = record.cpu_access.load(std::memory_order_relaxed);
  if (open != 0) open = record.cpu_access.exchange(0, std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < record.description.buffer_count; ++i) {
    ipc::CachedBuffer& cached = *record.buffers[i];
    if (open & 1U << i) (void)cached.buffer->end_cpu_access(Access::read).has_value();
    // release: our reads are over before the cache may unmap
    cached.leases.fetch_sub(1, std::memory_order_release);
  }
}

[[gnu::hot]] void Lease::Session::end(std::uint32_t index) noexcept {
  if (!fork_guard.in_child()) release(index);  // a child's copy of a lease is its parent's
  unpin(records[index]);
  give_record(index);
}

void Lease::Session::cancel(std::uint32_t index) noexcept {
  release(index);
  give_record(index);
}

[[gnu::hot]] Result<std::byte*> Lease::Session::plane_start(Record& record,
                                                            std::uint32_t plane) const {
  const auto& layout = record.description.planes[plane];
  ipc::CachedBuffer& cached = *record.buffers[layout.buffer];
  const std::uint64_t used_bytes = record.description.buffers[layout.buffer].used_bytes;
  VSL_TRY(std::byte* const start, cached.map(used_bytes));
  const std::uint32_t bit = 1U << layout.buffer;
  if (cached.needs_brackets &&
      (record.cpu_access.fetch_or(bit, std::memory_order_relaxed) & bit) == 0) {
    auto begun = cached.buffer->begin_cpu_access(Access::read);
    if (!begun) {
      record.cpu_access.fetch_and(~bit, std::memory_order_relaxed);  // nothing to end, and again
      return std::move(begun).error();
    }
  }
  return start + layout.offset_bytes;
}

FrameInfo Lease::Session::info(const Record& record) const {
  const wire::v2::Description& d = record.description;
  FrameInfo info;
  info.serial = record.serial;
  info.layout = ipc::layout_of(d);
  info.color = {d.primaries, d.transfer, d.matrix, d.range, d.chroma_site};
  info.rotation = static_cast<Rotation>(d.rotation & 3);
  info.key_frame = (d.flags & wire::v2::kFlagKeyFrame) != 0;
  info.interlace = d.flags >> wire::v2::kFlagInterlaceShift & 3;
  info.fields = d.flags >> wire::v2::kFlagFieldsShift & 3;
  info.times.published_ns = d.published_ns;
  info.times.pts_ns = d.pts_ns;
  info.times.expires_ns = d.expires_ns;
  wire::v2::Details more;
  if (!details(record, more)) return info;
  info.times.dts_ns = more.dts_ns;
  info.times.duration_ns = more.duration_ns;
  info.times.captured_ns = more.captured_ns;
  info.times.dequeued_ns = more.dequeued_ns;
  info.source_sequence = more.source_sequence;
  const Rect crop{more.crop[0], more.crop[1], more.crop[2], more.crop[3]};
  const bool crops = crop.width > 0 && crop.height > 0 && ipc::lies_in(crop, info.layout);
  if (crops) info.crop = crop;  // else all of it, or nonsense
  info.clocks = more.clocks;
  info.blob_bytes = std::min<std::uint32_t>(more.blob_bytes, kMaxBlobBytes);
  const std::uint32_t damage_count =
      std::min<std::uint32_t>(d.flags >> wire::v2::kFlagDamageShift & 7, kMaxDamageRects);
  for (std::size_t i = 0; i < damage_count; ++i) {
    const auto& rect = more.damage[i];
    info.damage[i] = {rect[0], rect[1], rect[2], rect[3]};
    // One that is nonsense makes all of it unknown.
    if (!ipc::lies_in(info.damage[i], info.layout)) return info;
  }
  info.damage_count = damage_count;
  return info;
}

}  // namespace vsl
