// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "support/hostile_host.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "base/clock.hpp"
#include "base/testing_blockers.hpp"
#include "kernel/file.hpp"
#include "kernel/kernel.hpp"
#include "support/closing.hpp"
#include "support/peer.hpp"
#include "videostream/frame_info.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl::fuzz {

namespace v1 = wire::v1;
namespace v2 = wire::v2;

namespace {

using faults::RawHost;
constexpr std::size_t kBufferBytes = RawHost::kBufferBytes;
constexpr std::size_t kSparseBytes = 1 << 20;
constexpr int kFutureWrite = 0x10;  // F_SEAL_FUTURE_WRITE, Linux 5.1
enum KnownFd : std::size_t { kBuffer, kReadOnlyBuffer };

UniqueFd memfd(std::size_t bytes, int seals) {
  UniqueFd fd(::memfd_create("vsl:odd", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  VSL_MUST(::ftruncate(fd.get(), static_cast<off_t>(bytes)) == 0);
  VSL_MUST(::fcntl(fd.get(), F_ADD_SEALS, seals) == 0);
  return fd;
}

/// Of huge pages and sealed as a board is; where the machine has none, of small ones.
UniqueFd huge_pages() {
  constexpr std::size_t kBytes = 4 << 20;
  UniqueFd fd(::memfd_create("vsl:huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB));
  if (!fd || ::ftruncate(fd.get(), kBytes) != 0) return memfd(kBytes, 0);
  (void)::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | kFutureWrite);
  return fd;
}

UniqueFd reopen(const UniqueFd& fd, int flags) {
  return UniqueFd(::open(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), flags | O_CLOEXEC));
}

UniqueFd pipe_end() {
  int ends[2];
  VSL_MUST(::pipe2(ends, O_CLOEXEC) == 0);
  static const UniqueFd kOther(ends[1]);  // open, so that who reads would wait
  return UniqueFd(ends[0]);
}

/// In the order of KnownFd, then what no client can use, or not as it is meant to.
std::vector<UniqueFd> all_kinds_of_fds() {
  constexpr int kSize = F_SEAL_SHRINK | F_SEAL_GROW;
  std::vector<UniqueFd> fds;
  fds.push_back(std::move(
      must(create_memfd("vsl:buffer", kBufferBytes, {.peers = PeerAccess::read_write})).fd));
  fds.push_back(std::move(must(create_memfd("vsl:buffer", kBufferBytes, {})).fd));
  fds.push_back(memfd(kBufferBytes, 0));
  fds.push_back(memfd(kBufferBytes, F_SEAL_SHRINK));
  fds.push_back(memfd(64, kSize));
  fds.push_back(memfd(0, kSize));
  fds.push_back(memfd(sizeof(v2::Board), 0));
  fds.push_back(reopen(fds[kBuffer], O_RDONLY));
  fds.push_back(reopen(fds[kBuffer], O_PATH));
  fds.push_back(pipe_end());
  fds.emplace_back(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  fds.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
  fds.emplace_back(::open("/dev/zero", O_RDWR | O_CLOEXEC));
  fds.emplace_back(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
  fds.emplace_back(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  fds.emplace_back(::open("/dev/shm", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  fds.emplace_back(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  fds.emplace_back(::epoll_create1(EPOLL_CLOEXEC));
  fds.push_back(memfd(kSparseBytes, F_SEAL_SHRINK | F_SEAL_GROW | kFutureWrite));
  fds.push_back(memfd(sizeof(v2::Board), F_SEAL_SHRINK | F_SEAL_GROW));
  fds.push_back(huge_pages());
  fds.emplace_back(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  for (const UniqueFd& fd : fds) VSL_MUST(fd);
  return fds;
}

/// A descriptor whose last close blocks. It stays open.
int open_blocker() {
  if (kernel::simulated()) return kernel::install(kernel::make_blocker());
  static auto& socket = *new testing::LingeringSocket;
  count_as_blocker(socket.fd());
  return socket.fd();
}

std::uint64_t pick_buffer_id(Input& input) { return v2::kBufferCount + input.below(4); }

}  // namespace

HostileHost::HostileHost()
    : raw_(socket_name("hostile")), fds_(all_kinds_of_fds()), blocker_(open_blocker()) {}

void HostileHost::reset() {
  accept();
  hang_up();
  std::memset(raw_.board_memory.mapping.data(), 0, kFrontBytes);
  std::memset(raw_.ledger_memory.mapping.data(), 0, sizeof(v2::Ledger));
  v2::init_board(board(), RawHost::kEpoch, 1, name(), 0);
  v2::init_ledger(raw_.ledger(), RawHost::kEpoch, v2::kMaxLeaseWords, 0);
}

void HostileHost::send(std::span<const std::byte> packet, std::span<const int> fds) const {
  if (!raw_.socket) return;
  (void)read_all(raw_.socket.get());  // else what the client says would fill its queue
  (void)raw_.send(packet, fds);
}

int HostileHost::pick_fd(Input& input) const {
  const std::size_t which = input.below(32);
  if (which < fds_.size()) return fds_[which].get();
  if (which % 8 < 4) return blocker_;
  return raw_.welcome_fds()[which % 3];
}

void HostileHost::send_welcome(Input& input) {
  v2::Welcome welcome = raw_.welcome();
  const std::uint32_t wrong_fds = input.byte();  // a bit each, then whether their number is
  if ((wrong_fds & 0x40) != 0) welcome.flags = 1;
  input.spoil(welcome);
  std::array<int, 8> fds{};
  fds.fill(fds_[kBuffer].get());
  const auto right_fds = raw_.welcome_fds();
  std::copy(right_fds.begin(), right_fds.end(), fds.begin());
  for (std::size_t i = 0; i < right_fds.size(); ++i) {
    if ((wrong_fds >> i & 1) != 0) fds[i] = pick_fd(input);
  }
  const std::size_t count = (wrong_fds & 0x80) != 0 ? input.below(9) : right_fds.size();
  send(v2::bytes_of(welcome), {fds.data(), count});
}

void HostileHost::send_buffers(Input& input) {
  v2::Buffers message{};
  message.type = static_cast<std::uint32_t>(v2::MessageType::buffers);
  message.count = input.below(9);
  message.bytes = static_cast<std::uint32_t>(offsetof(v2::Buffers, records) +
                                             message.count * sizeof(v2::BufferRecord));
  std::array<int, v2::kMaxBuffersPerMessage> fds{};
  fds.fill(fds_[kBuffer].get());
  for (std::uint32_t i = 0; i < message.count; ++i) {
    const std::uint64_t id = pick_buffer_id(input);
    const std::uint32_t how = input.byte();
    message.records[i] = {id, kBufferBytes, 1, how & 3U};
    if ((how & 4U) != 0) message.records[i].bytes = input.take<std::uint32_t>();
    if ((how & 8U) != 0) fds[i] = pick_fd(input);
    if ((how & 16U) == 0) {
      board().buffers[id % v2::kBufferCount].id.store(id, std::memory_order_release);
    }
  }
  const bool right = input.flag();
  if (!right) input.spoil(message);
  const std::size_t count = right ? fds.size() : input.below(9);
  send(v2::bytes_of(message).first(offsetof(v2::Buffers, records) +
                                   std::min<std::size_t>(message.count, fds.size()) *
                                       sizeof(v2::BufferRecord)),
       {fds.data(), std::min<std::size_t>(count, message.count)});
}

void HostileHost::send_refused(Input& input) const {
  v2::Refused refused{static_cast<std::uint32_t>(v2::MessageType::refused), sizeof refused, EPERM,
                      input.byte()};
  input.spoil(refused);
  send(v2::bytes_of(refused), {});
}

void HostileHost::send_event(Input& input) const {
  v1::Event event{};
  event.serial = 1 + input.byte();
  event.timestamp_ns = monotonic_ns();
  event.fourcc = fourcc("NV12").code;
  event.width_px = event.height_px = event.stride_bytes = 16;
  event.size_bytes = 384;
  input.spoil(event);
  std::array<int, 8> fds{};
  fds.fill(fds_[kBuffer].get());
  const bool right = input.flag();
  if (!right) fds[0] = pick_fd(input);
  send(v2::bytes_of(event), {fds.data(), right ? 1 : input.below(9)});
}

void HostileHost::send_reply(Input& input) const {
  v1::Event reply = v1::reply(static_cast<v1::Code>(input.below(5)), input.flag());
  send(v2::bytes_of(reply), {});
}

void HostileHost::send_anything(Input& input) const {
  std::array<int, 8> fds{};
  for (int& fd : fds) fd = fds_[kBuffer].get();
  fds[0] = pick_fd(input);
  const std::size_t count = input.below(9);
  send(std::as_bytes(input.take_bytes(input.byte())), {fds.data(), count});
}

void HostileHost::ring_bell() const {
  send(v2::bytes_of(v2::short_message(v2::MessageType::bell, 0)), {});
}

void HostileHost::post(Input& input) {
  const std::uint64_t newest = board().newest.load(std::memory_order_relaxed);
  const std::uint64_t serial = newest + input.below(4);
  const std::uint32_t slot = input.below(kSlots);
  v2::Description description = RawHost::picture(pick_buffer_id(input));
  v2::Details details{};
  input.spoil(description);
  input.spoil(details);
  const std::uint32_t blob_bytes = std::exchange(details.blob_bytes, 0);
  v2::post(board(), slot, serial, description, details);
  board().slots[slot].details.blob_bytes = blob_bytes;
  raw_.chime().word.store(static_cast<std::uint32_t>(serial), std::memory_order_seq_cst);
}

void HostileHost::retire(Input& input) {
  v2::Slot& slot = board().slots[input.below(kSlots)];
  const std::uint64_t state = slot.state.load(std::memory_order_relaxed);
  if (input.flag()) {
    v2::retire(slot, state >> 1);
  } else {
    v2::free_slot(slot);
  }
}

void HostileHost::write_board(Input& input) {
  const bool header = input.flag();  // where it matters most, and a small part of it all
  const std::size_t offset =
      header ? std::size_t{input.byte()} * 8 : input.take<std::uint16_t>() % (kFrontBytes - 7);
  const auto value = input.take<std::uint64_t>();
  std::memcpy(raw_.board_memory.mapping.data() + offset, &value, sizeof value);
}

}  // namespace vsl::fuzz
