// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "support/hostile_client.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "support/peer.hpp"
#include "wire/v1.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl::fuzz {

namespace v1 = wire::v1;
namespace v2 = wire::v2;

namespace {

constexpr uid_t kStranger = 65534;

/// Of this thread alone: the C library would set that of all threads, by signals.
void become(uid_t effective) { (void)::syscall(SYS_setresuid, -1, effective, -1); }

bool can_map_writable(int fd) {
  void* data = ::mmap(nullptr, v2::kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return false;
  ::munmap(data, v2::kPageBytes);
  return true;
}

}  // namespace

void HostileClient::connect(const std::string& name, bool stranger) {
  disconnect();
  stranger = stranger && ::geteuid() == 0;
  if (stranger) become(kStranger);
  auto socket = ipc::connect_socket(name);
  if (stranger) become(0);
  if (socket) socket_ = std::move(*socket);  // the queue of those not accepted yet may be full
}

void HostileClient::disconnect() { *this = HostileClient(); }

void HostileClient::shut_down(int how) {
  if (socket_) ::shutdown(socket_.get(), how);
}

void HostileClient::send(std::span<const std::byte> packet, std::size_t fds) {
  if (!socket_) return;
  std::array<int, 8> attached;
  attached.fill(socket_.get());
  (void)ipc::send_packet(socket_.get(), packet, {attached.data(), fds});
}

void HostileClient::send_hello(Input& input) {
  v2::Hello hello{};
  hello.type = static_cast<std::uint32_t>(v2::MessageType::hello);
  hello.min_version = hello.max_version = v2::kVersion;
  hello.lease_words = input.byte();
  input.spoil(hello);
  send(v2::bytes_of(hello));
}

std::uint64_t HostileClient::recent_serial(Input& input) const {
  const std::uint64_t newest =
      board_ ? board().newest.load(std::memory_order_relaxed) : newest_seen_;
  return newest - input.below(16);
}

std::uint64_t HostileClient::take_value(Input& input) const {
  switch (input.below(4)) {
    case 0:
      return recent_serial(input);
    case 1:
      return board_ ? v2::find(board(), recent_serial(input)) : 0;
    case 2:
      return v2::kBufferCount + input.take<std::uint16_t>();
    default:
      return input.take<std::uint64_t>();
  }
}

void HostileClient::send_v1(Input& input) {
  v1::Control control{};
  control.request = input.below(3);
  control.serial = static_cast<std::int64_t>(take_value(input));
  send(v2::bytes_of(control));
}

void HostileClient::send_v2(Input& input) {
  const auto first = static_cast<std::uint32_t>(v2::MessageType::hello);
  const auto type = static_cast<v2::MessageType>(first + input.below(8));
  send(v2::bytes_of(v2::short_message(type, take_value(input))));
}

void HostileClient::send_anything(Input& input) {
  const std::size_t fds = input.below(9);
  send(std::as_bytes(input.take_bytes(input.byte())), fds);
}

void HostileClient::receive() {
  if (!socket_) return;
  ipc::Packet packet;
  while (ipc::receive_packet(socket_.get(), packet) == ipc::Transfer::done) {
    VSL_MUST(!packet.truncated);
    const auto type = v2::type_of(packet.bytes());
    VSL_MUST(type.has_value());
    if (*type == v2::MessageType::hello) accept_welcome(packet);
    const v1::Event event = v1::parse_event(packet.bytes());
    if (packet.size == sizeof event && event.serial > 0) {
      newest_seen_ = static_cast<std::uint64_t>(event.serial);
    }
  }
}

void HostileClient::accept_welcome(ipc::Packet& packet) {
  const auto welcome = v2::parse_welcome(packet.bytes());
  VSL_MUST(welcome && !ledger_);
  VSL_MUST(welcome->flags == 0 && packet.fd_count == 3);
  board_fd_ = std::move(packet.fds[0]);
  chime_fd_ = std::move(packet.fds[1]);
  ledger_fd_ = std::move(packet.fds[2]);
  board_ = must(Mapping::map(board_fd_.get(), sizeof(v2::Board), {}));
  ledger_ =
      must(Mapping::map(ledger_fd_.get(), sizeof(v2::Ledger), {.mode = Mapping::Mode::read_write}));
}

void HostileClient::write_ledger(Input& input) {
  if (!ledger_) return;
  auto& ledger = *ledger_.as<v2::Ledger>();
  if (input.flag()) {
    ledger.lease[input.below(v2::kMaxLeaseWords)].store(take_value(input),
                                                        std::memory_order_seq_cst);
    return;
  }
  const std::size_t offset = input.take<std::uint16_t>() % (sizeof ledger - 7);
  const auto value = input.take<std::uint64_t>();
  std::memcpy(ledger_.data() + offset, &value, sizeof value);
}

void HostileClient::tamper(Input& input) const {
  if (!ledger_) return;
  switch (input.below(6)) {
    case 0:
      VSL_MUST(!can_map_writable(board_fd_.get()) && !can_map_writable(chime_fd_.get()));
      break;
    case 1:
      VSL_MUST(::ftruncate(board_fd_.get(), 0) != 0 && ::ftruncate(ledger_fd_.get(), 0) != 0);
      break;
    case 2:
      VSL_MUST(::ftruncate(ledger_fd_.get(), 1 << 20) != 0);
      break;
    case 3:
      VSL_MUST(::fallocate(board_fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) !=
               0);
      break;
    case 4:
      VSL_MUST(::fcntl(ledger_fd_.get(), F_ADD_SEALS, F_SEAL_WRITE) != 0);
      VSL_MUST(::pwrite(board_fd_.get(), "x", 1, 0) != 1);
      break;
    default:  // this one it may do: it harms itself
      (void)::fallocate(ledger_fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
  }
}

}  // namespace vsl::fuzz
