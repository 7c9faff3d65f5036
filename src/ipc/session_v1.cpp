// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/session_v1.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "base/clock.hpp"
#include "frame/attach.hpp"
#include "ipc/layout_of.hpp"
#include "media/format_table.hpp"
#include "media/layout_check.hpp"
#include "wire/v2_messages.hpp"

namespace vsl::ipc {

namespace v1 = wire::v1;
namespace v2 = wire::v2;

namespace {

constexpr std::int64_t kPatienceNs = 20'000'000;
// One more than a v1 host grants locks: the frame that was just waited for.
constexpr std::uint32_t kRecords = v1::kMaxLocks + 1;

/// What a v1 event says, as the description every other part of us works with.
v2::Description describe(const v1::Event& event) {
  v2::Description d{};
  d.fourcc = event.fourcc;
  d.width_px = static_cast<std::uint32_t>(std::max(event.width_px, 0));
  d.height_px = static_cast<std::uint32_t>(std::max(event.height_px, 0));
  d.published_ns = event.timestamp_ns;
  d.pts_ns = event.pts_ns;
  d.expires_ns = event.expires_ns;
  d.primaries = d.transfer = d.matrix = 2;  // H.273: unspecified
  d.buffer_count = 1;
  const auto offset = static_cast<std::uint64_t>(std::max<std::int64_t>(event.offset_bytes, 0));
  d.buffers[0].used_bytes = offset + event.size_bytes;
  const auto stride = static_cast<std::uint32_t>(std::max(event.stride_bytes, 0));
  const bool folded = stride != 0 && legacy_stride_bytes({d.fourcc}, d.width_px) == stride;
  for (std::uint32_t align = 1; align <= 256; align *= 2) {
    const auto packed = Layout::packed({d.fourcc}, d.width_px, d.height_px, align);
    if (!packed) break;
    const bool fits = packed->buffer_bytes[0] <= event.size_bytes;
    if (!fits || (!folded && packed->planes[0].stride_bytes != stride)) continue;
    d.flags = folded ? v2::kFlagFoldedStride : 0;
    d.plane_count = static_cast<std::uint8_t>(packed->plane_count);
    for (std::uint32_t i = 0; i < packed->plane_count; ++i) {
      d.planes[i] = {offset + packed->planes[i].offset_bytes, packed->planes[i].stride_bytes, 0};
    }
    return d;
  }
  // A row pitch of the producer's own, coded data, or a format we do not know: plain bytes. The
  // modifier says that no rule of the format is to be relied on (DRM_FORMAT_MOD_INVALID).
  d.modifier = 0x00ffffffffffffffULL;
  d.plane_count = 1;
  d.planes[0] = {offset, stride, 0};
  return d;
}

}  // namespace

SessionV1::SessionV1(UniqueFd socket_in, const ClientOptions& options, bool refuse_may_fault)
    : Session(1, std::move(socket_in), kRecords),
      access_(options.access),
      refuse_may_fault_(refuse_may_fault) {}

bool SessionV1::monotonic_patience_over() const noexcept {
  return patience_until_ns_ != 0 && monotonic_ns() >= patience_until_ns_;
}

SessionV1::Received SessionV1::receive() {
  switch (receive_packet(socket.get(), packet_)) {
    case Transfer::later:
      return Received::nothing;
    case Transfer::closed:
      closed_.store(true, std::memory_order_relaxed);
      return Received::closed;
    case Transfer::done:
      break;
  }
  fds_received += packet_.fd_count;
  if (packet_.surplus > 0) {  // no host has so much to send; kept up, it takes all our descriptors
    give_up();
    return Received::closed;
  }
  const auto type = v2::type_of(packet_.bytes());
  if (type == v2::MessageType::hello) return Received::welcome;
  if (type == v2::MessageType::refused) return Received::refused;
  const v1::Event event = v1::parse_event(packet_.bytes());
  if (event.serial != 0) {
    accept_event(event);
  } else if (event.error == static_cast<std::uint32_t>(v1::Code::invalid_control)) {
    // Lock and unlock are never answered so: it is HELLO's answer, however late it comes.
    hello_answered_ = true;
  } else {
    accept_reply(static_cast<v1::Code>(event.error));
  }
  return Received::something;
}

void SessionV1::accept_event(const v1::Event& event) {
  if (patience_until_ns_ == 0) patience_until_ns_ = monotonic_ns() + kPatienceNs;
  if (event.error != 0 || event.serial < 0 || packet_.fd_count == 0) return;
  if (events_.full()) events_.pop_front();
  // More than one fd is not v1; the surplus is closed with the packet.
  events_.push_back({event, std::move(packet_.fds[0])});
}

void SessionV1::accept_reply(v1::Code code) {
  std::uint64_t give_back = 0;
  const MutexLock lock(mutex_);
  if (requests_.empty()) return;  // unasked for
  const Request request = requests_.front();
  requests_.pop_front();
  if (request.kind == v1::Request::try_lock && request.record < 0 && code == v1::Code::success) {
    give_back = request.serial;
  } else if (request.kind == v1::Request::try_lock && request.record >= 0) {
    auto& state = locks_[static_cast<std::size_t>(request.record)];
    state = code == v1::Code::success          ? Lock::granted
            : code == v1::Code::too_many_locks ? Lock::too_many
                                               : Lock::expired;
  }
  if (give_back != 0) send_unlock_locked(give_back);
  while (!unsent_unlocks_.empty() &&
         send_locked(v1::Request::unlock, unsent_unlocks_.front(), -1) == Transfer::done) {
    unsent_unlocks_.pop_front();
  }
}

void SessionV1::send_unlock_locked(std::uint64_t serial) noexcept {
  if (unsent_unlocks_.empty() && send_locked(v1::Request::unlock, serial, -1) == Transfer::done) {
    return;
  }
  if (unsent_unlocks_.full()) return give_up();
  unsent_unlocks_.push_back(serial);  // with the next packet that arrives
}

Transfer SessionV1::send_locked(v1::Request kind, std::uint64_t serial,
                                std::int32_t record) noexcept {
  if (requests_.full()) return Transfer::later;
  const v1::Control control{static_cast<std::uint32_t>(kind), 0, static_cast<std::int64_t>(serial)};
  const Transfer sent = send_packet(socket.get(), v2::bytes_of(control));
  if (sent == Transfer::done) requests_.push_back({kind, serial, record});
  return sent;
}

CachedBuffer* SessionV1::cache(Event event) {
  const v1::Event& said = event.event;
  if (said.offset_bytes < 0 || said.size_bytes > INT64_MAX) return nullptr;
  const std::uint64_t bytes = static_cast<std::uint64_t>(said.offset_bytes) + said.size_bytes;
  auto buffer = attach_owned(std::move(event.fd), 0, access_, maps);
  if (!buffer) give_up();  // what is no memory: the next read finds the end
  if (!buffer || (*buffer)->size_bytes() < bytes) return nullptr;
  // Known memory keeps its fd and its mapping; this fd is closed.
  if (CachedBuffer* known = buffers.find_memory(**buffer)) return known;
  return &buffers.put_unnumbered(std::move(*buffer));
}

SessionV1::Outcome SessionV1::take(bool newest, std::uint32_t& index, std::uint64_t& passed_over) {
  if (newest) {
    for (; events_.size() > 1; events_.pop_front()) ++passed_over;
  }
  if (events_.empty()) return Outcome::none;
  const auto taken = take_record();
  if (!taken) return Outcome::no_record;
  index = *taken;
  Event event = std::move(events_.front());
  events_.pop_front();
  Record& record = records[index];
  Outcome outcome = Outcome::gone;
  try {
    outcome = fill_record(record, std::move(event));
  } catch (const std::bad_alloc&) {
    cancel(index);
    throw;
  }
  if (outcome != Outcome::taken) {
    cancel(index);
    return outcome;
  }
  pin(record);
  return outcome;
}

SessionV1::Outcome SessionV1::fill_record(Record& record, Event event) {
  record.description = describe(event.event);
  record.serial = static_cast<std::uint64_t>(event.event.serial);
  record.v1_duration_ns = event.event.duration_ns;
  record.v1_dts_ns = event.event.dts_ns;
  record.v1_locked = false;
  const bool expired = event.event.expires_ns != 0 && event.event.expires_ns < monotonic_ns();
  record.buffers[0] = expired ? nullptr : cache(std::move(event));
  if (record.buffers[0] == nullptr) return Outcome::gone;
  if (refuse_may_fault_ && record.buffers[0]->buffer->may_fault()) return Outcome::refused;
  const Layout layout = layout_of(record.description);
  const std::uint64_t size = record.buffers[0]->buffer->size_bytes();
  for (std::size_t i = 0; i < kMaxPlanes; ++i) record.plane_bytes[i] = layout.plane_bytes(i);
  return check_layout(layout, {&size, 1}) ? Outcome::taken : Outcome::gone;
}

Transfer SessionV1::ask_lock(std::uint32_t index) {
  const MutexLock lock(mutex_);
  locks_[index] = Lock::asked;
  return send_locked(v1::Request::try_lock, records[index].serial,
                     static_cast<std::int32_t>(index));
}

SessionV1::Lock SessionV1::lock_state(std::uint32_t index) {
  const MutexLock lock(mutex_);
  if (locks_[index] == Lock::granted) records[index].v1_locked = true;
  return locks_[index];
}

void SessionV1::forget_lock(std::uint32_t index) {
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (requests_[i].record == static_cast<std::int32_t>(index)) requests_[i].record = -1;
  }
  if (locks_[index] == Lock::granted) records[index].v1_locked = true;
}

void SessionV1::release(std::uint32_t index) noexcept {
  Record& record = records[index];
  if (!record.v1_locked) return;
  record.v1_locked = false;
  const MutexLock lock(mutex_);
  send_unlock_locked(record.serial);
}

void SessionV1::give_up() noexcept {
  closed_.store(true, std::memory_order_relaxed);
  ::shutdown(socket.get(), SHUT_RDWR);  // not closed: another thread may be polling it
}

UniqueFd SessionV1::take_socket() {
  fork_guard.watch(-1);
  return std::move(socket);
}

bool SessionV1::stands(const Record& record) const noexcept {
  return record.v1_locked && !closed_.load(std::memory_order_relaxed);
}

bool SessionV1::details(const Record& record, v2::Details& details) const noexcept {
  details = {};
  details.duration_ns = record.v1_duration_ns;
  details.dts_ns = record.v1_dts_ns;
  return true;
}

}  // namespace vsl::ipc
