// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/session_v2.hpp"

#include <sys/mman.h>

#include "base/cache_lines.hpp"
#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "base/histogram.hpp"
#include "base/memfd.hpp"
#include "frame/attach.hpp"
#include "ipc/layout_of.hpp"
#include "media/layout_check.hpp"
#include "wire/v2_protocol.hpp"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14
#endif

namespace vsl::ipc {

namespace v2 = wire::v2;

namespace {

Error broken(const std::string& what) {
  return Error::of(std::errc::protocol_error, "accept the host's welcome: " + what);
}

/// Memory that the host could take from under us would turn our reads into a SIGBUS.
Result<Mapping> map_sealed(const ReceivedFd& fd, std::size_t bytes, Mapping::Options options,
                           const std::string& what) {
  VSL_TRY(const ReceivedShape shape, inspect_shape(fd.get()));
  if (!shape.sealed_size || shape.bytes < bytes) return broken(what + " is not sealed");
  // Without the seal holes can be punched into it.
  const bool ours_to_write = options.mode == Mapping::Mode::read_write;
  if (!shape.sealed_write && !ours_to_write) return broken(what + " is not sealed against writing");
  if (shape.huge_pages) return broken(what + " is of huge pages");
  return Mapping::map(fd.get(), bytes, options);
}

bool constants_hold(const v2::Board& board, const v2::Welcome& welcome) {
  return board.magic == v2::kBoardMagic && board.version == v2::kVersion &&
         board.epoch == welcome.epoch && board.ring_mask == v2::kRingSize - 1 &&
         board.slot_count == v2::kSlotCount && board.slot_bytes == sizeof(v2::Slot) &&
         board.slots_offset == offsetof(v2::Board, slots) &&
         board.buffers_offset == offsetof(v2::Board, buffers) &&
         board.buffer_count == v2::kBufferCount;
}

}  // namespace

SessionV2::SessionV2(UniqueFd socket_in, std::uint32_t lease_words, Access access,
                     bool refuse_may_fault)
    : Session(2, std::move(socket_in), lease_words),
      access_(access),
      refuse_may_fault_(refuse_may_fault) {}

Result<std::shared_ptr<SessionV2>> SessionV2::open(UniqueFd socket, Packet& packet,
                                                   const ClientOptions& options,
                                                   bool refuse_may_fault) {
  const auto welcome = v2::parse_welcome(packet.bytes());
  if (!welcome) {
    close_connection(std::move(socket));
    return broken("its sizes are not those of wire version 2");
  }
  std::shared_ptr<SessionV2> session(
      new SessionV2(std::move(socket), welcome->lease_words, options.access, refuse_may_fault));
  VSL_CHECK(session->map_shared(packet, *welcome));
  session->joined_at = session->newest();
  if (!is_serial(session->joined_at)) return broken("its newest frame cannot be");
  if (!session->say_ready()) {
    return Error::of(std::errc::connection_reset, "answer the host's welcome");
  }
  return session;
}

Result<void> SessionV2::map_shared(Packet& packet, const v2::Welcome& welcome) {
  if (packet.truncated || packet.fd_count != 3) {
    return Error::of(std::errc::too_many_files_open,
                     "accept the host's welcome: its descriptors did not arrive");
  }
  fds_received = packet.fd_count;
  VSL_TRY(board_, map_sealed(packet.fds[0], sizeof(v2::Board), {}, "the board"));
  VSL_TRY(chime_, map_sealed(packet.fds[1], sizeof(v2::Chime), {.populate = true}, "the chime"));
  VSL_TRY(ledger_,
          map_sealed(packet.fds[2], sizeof(v2::Ledger),
                     {.mode = Mapping::Mode::read_write, .populate = true, .dont_fork = true},
                     "the ledger"));
  if (!constants_hold(board(), welcome)) return broken("the board's constants are unknown");
  if (ledger().magic != v2::kLedgerMagic) return broken("the ledger's constants are unknown");
  // Faulted in now rather than one by one with the first frames. Slots further on are rarely used,
  // and reading a hole would allocate it.
  ::madvise(board_.data(), offsetof(v2::Board, slots) + 64 * sizeof(v2::Slot), MADV_POPULATE_READ);
  return {};
}

[[gnu::hot]] void SessionV2::fetch_ahead(std::uint64_t serial) const noexcept {
  const v2::Board& shared = board();
  const std::uint32_t index = next_record();
  const Record& record = records[index];
  fetch_to_read(&shared.newest, 1);
  fetch_to_read(&shared.ring[serial & (v2::kRingSize - 1)], 1);
  // A host uses the slot again that it used last: most frames of a stream come in the same few.
  fetch_to_read(&shared.slots[v2::slot_of(record.word) % v2::kSlotCount],
                offsetof(v2::Slot, details));
  fetch_to_write(&ledger().lease[index], 1);
  fetch_to_write(&record, sizeof record);
  fetch_to_read(&checked_layout_, sizeof checked_layout_ + sizeof checked_sizes_);
}

[[gnu::hot]] bool SessionV2::resolve(Record& record, std::uint64_t& wanted) const noexcept {
  const v2::Description& d = record.description;
  for (std::uint32_t i = 0; i < d.buffer_count && i < kMaxPlanes; ++i) {
    record.buffers[i] = buffers.find(d.buffers[i].id);
    if (record.buffers[i] == nullptr) {
      wanted = d.buffers[i].id;
      return false;
    }
  }
  return true;
}

[[gnu::hot]] bool SessionV2::refuses(const Record& record) const noexcept {
  if (!refuse_may_fault_) return false;
  for (std::uint32_t i = 0; i < record.description.buffer_count && i < kMaxPlanes; ++i) {
    // Not the host's word alone: we have looked at the seals ourselves.
    if ((record.buffers[i]->flags & v2::kBufferMayFault) != 0) return true;
    if (record.buffers[i]->buffer->may_fault()) return true;
  }
  return false;
}

[[gnu::hot]] bool SessionV2::acceptable(Record& record) noexcept {
  if (record.description.plane_count > kMaxPlanes || record.description.buffer_count == 0 ||
      record.description.buffer_count > kMaxPlanes) {
    return false;
  }
  const Layout layout = layout_of(record.description);
  std::array<std::uint64_t, kMaxPlanes> sizes{};
  for (std::uint32_t i = 0; i < layout.buffer_count; ++i) sizes[i] = record.buffers[i]->size_bytes;
  if (layout != checked_layout_ || sizes != checked_sizes_) {
    const auto good = guarded("check a frame", [&] {
      return check_layout(layout, {sizes.data(), layout.buffer_count});
    });
    if (!good) return false;
    checked_layout_ = layout;
    checked_sizes_ = sizes;
    for (std::size_t i = 0; i < kMaxPlanes; ++i) checked_plane_bytes_[i] = layout.plane_bytes(i);
  }
  record.plane_bytes = checked_plane_bytes_;
  return true;
}

[[gnu::hot]] SessionV2::Outcome SessionV2::try_lease(std::uint64_t serial, std::uint32_t& index,
                                                     std::uint64_t& wanted) {
  const std::uint64_t word = v2::find(board(), serial);
  return word == 0 ? Outcome::lapped : try_lease_word(word, index, wanted);
}

[[gnu::hot]] SessionV2::Outcome SessionV2::try_lease_word(std::uint64_t word, std::uint32_t& index,
                                                          std::uint64_t& wanted) {
  const auto taken = take_record();
  if (!taken) return Outcome::no_record;
  index = *taken;
  Record& record = records[index];
  record.word = word;
  record.serial = v2::serial_of(word);
  const auto result = v2::lease(board(), word, ledger().lease[index], record.description);
  Outcome outcome = Outcome::leased;
  if (result != v2::LeaseResult::leased) {
    outcome = Outcome::gone;
  } else if (!resolve(record, wanted)) {
    outcome = Outcome::unknown_buffer;
  } else if (refuses(record)) {
    outcome = Outcome::refused;
  } else if (!acceptable(record)) {
    outcome = Outcome::unsafe;
  }
  if (outcome != Outcome::leased) {
    cancel(index);  // the host may have counted us as a holder: a full release
    return outcome;
  }
  pin(record);
  return outcome;
}

[[gnu::hot]] void SessionV2::release(std::uint32_t index) noexcept {
  Record& record = records[index];
  if (record.leased_ns != 0) {
    const auto held_ns = static_cast<std::uint64_t>(monotonic_ns() - record.leased_ns);
    ledger().hold_time[log2_bucket(held_ns)].add_relaxed(1);
    record.leased_ns = 0;
  }
  if (!v2::release(board(), record.word, ledger().lease[index])) return;
  const auto released = v2::short_message(v2::MessageType::released, record.word);
  // A hint: when it does not fit now, the host looks again by itself.
  (void)send_packet(socket.get(), v2::bytes_of(released));
}

[[gnu::hot]] bool SessionV2::stands(const Record& record) const noexcept {
  return v2::stands(board(), record.word);
}

bool SessionV2::details(const Record& record, v2::Details& details) const noexcept {
  return v2::read_details(board(), record.word, details);
}

bool SessionV2::take_packet(Packet& packet) noexcept {
  // A bell has done its work by waking us; other types are of a later version.
  const bool has_buffers = v2::type_of(packet.bytes()) == v2::MessageType::buffers;
  // Descriptors that nothing asks for would in the end take all of ours.
  if (!has_buffers || packet.surplus > 0) return packet.fd_count == 0;
  try {
    return put_buffers(packet);
  } catch (const std::bad_alloc&) {
    return true;  // what is missing is asked for when a frame lies in it
  }
}

bool SessionV2::put_buffers(Packet& packet) {
  const auto message = v2::parse_buffers(packet.bytes());
  // Which fd belongs to which id is not known any more when some are missing: ask anew.
  if (!message || packet.truncated || packet.fd_count != message->count) return true;
  bool all_memory = true;
  for (std::uint32_t i = 0; i < message->count; ++i) {
    const v2::BufferRecord& known = message->records[i];
    ++fds_received;
    // Our WANT may have crossed it: what is mapped stays mapped, an id is one buffer for ever.
    if (buffers.find(known.id) != nullptr) continue;
    const Access most = (known.flags & v2::kBufferWritable) != 0 ? access_ : Access::read;
    auto buffer = attach_owned(std::move(packet.fds[i]), known.bytes, most, maps);
    if (buffer && known.id != 0) buffers.put(known.id, std::move(*buffer), known.flags);
    if (!buffer) all_memory = false;
  }
  return all_memory;
}

void SessionV2::forget_gone() noexcept {
  try {
    buffers.sweep([&](std::uint64_t id) {
      // acquire: pairs with the host's, which shows an id before it sends the descriptor
      return board().buffers[id % v2::kBufferCount].id.load(std::memory_order_acquire) != id;
    });
  } catch (const std::bad_alloc&) {
    // The next time.
  }
}

bool SessionV2::say_ready() noexcept {
  const auto ready = v2::short_message(v2::MessageType::ready, 0);
  const Transfer said = send_packet(socket.get(), v2::bytes_of(ready));
  said_ready_ = said == Transfer::done;
  return said != Transfer::closed;
}

bool SessionV2::drain() noexcept {
  const bool connected = read_messages();
  forget_gone();
  return connected;
}

bool SessionV2::read_messages() noexcept {
  // Until it has heard so the host sends no buffers.
  if (!said_ready_ && !say_ready()) return false;
  constexpr int kMost = 64;
  Packet packet;
  for (int i = 0; i < kMost; ++i) {
    switch (receive_packet(socket.get(), packet)) {
      case Transfer::later:
        return true;
      case Transfer::closed:
        return false;
      case Transfer::done:
        if (!take_packet(packet)) return false;
    }
  }
  return true;
}

void SessionV2::want(std::uint64_t id) noexcept {
  const auto message = v2::short_message(v2::MessageType::want, id);
  (void)send_packet(socket.get(), v2::bytes_of(message));
}

bool SessionV2::arm() noexcept {
  if (armed_ == 0) {
    const auto polls = v2::short_message(v2::MessageType::bell, 0);
    if (send_packet(socket.get(), v2::bytes_of(polls)) != Transfer::done) return false;
  }
  if (++armed_ == 0) ++armed_;
  ledger().armed.store(armed_, std::memory_order_seq_cst);  // then `newest` is looked at once more
  return true;
}

}  // namespace vsl::ipc
