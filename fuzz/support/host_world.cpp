// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "support/host_world.hpp"

#include <poll.h>
#include <sys/mman.h>

#include <algorithm>

#include "base/memfd.hpp"
#include "ipc/capi_access.hpp"
#include "support/peer.hpp"
#include "support/virtual_time.hpp"

namespace vsl::fuzz {
namespace {

constexpr std::uint32_t kBuffers = 8;
constexpr std::uint32_t kPooledPx = 32, kForeignPx = 16;
constexpr std::int64_t kBeyondAllLimitsNs = 3'000'000'000;

Pool make_pool() {
  return must(Pool::create({.format = fourcc("NV12"),
                            .width_px = kPooledPx,
                            .height_px = kPooledPx,
                            .buffers = kBuffers,
                            .memory = {.source = MemorySource::memfd}}));
}

/// Memory of an application's own, in two descriptors; the second can be truncated by others.
const std::array<UniqueFd, 2>& foreign_memory() {
  static const std::array<UniqueFd, 2> kFds = {
      std::move(must(create_memfd("foreign", 4096, {.peers = PeerAccess::read_write})).fd), [] {
        UniqueFd fd(::memfd_create("unsealed", MFD_CLOEXEC));
        VSL_MUST(::ftruncate(fd.get(), 4096) == 0);
        return fd;
      }()};
  return kFds;
}

/// No fuzzer has more; a host looks at the place of each of them on every pass.
HostOptions few_clients(HostOptions options) {
  options.max_clients = std::min(options.max_clients, 8U);
  return options;
}

/// What the first and the last byte of a pooled frame say.
std::byte mark_of(std::uint64_t serial) { return static_cast<std::byte>(serial % 251); }

}  // namespace

HostWorld::HostWorld(const char* name, HostOptions options, bool polls)
    : host_(must(Host::listen(socket_name(name), few_clients(options)))),
      pool_(make_pool()),
      honest_(must(Client::connect(host_.path()))) {
  if (polls) VSL_MUST(host_.fd() >= 0 && honest_.fd() >= 0);
  process();
  VSL_MUST(!must(honest_.try_frame()));  // reads WELCOME and says READY
  process();
  for (Frame& frame : acquire_all()) {  // every buffer is known and mapped before the first input
    last_ = must(host_.publish(std::move(frame)));
    VSL_MUST(!must(honest_.try_frame())->plane(0).empty());
  }
  (void)foreign_memory();  // so are these
  settle();
}

void HostWorld::process() { VSL_MUST(host_.process().has_value()); }

Frame HostWorld::foreign_frame(std::uint32_t which) {
  std::vector<std::shared_ptr<Buffer>> buffers;
  for (const UniqueFd& fd : foreign_memory()) buffers.push_back(must(Buffer::attach(fd.get())));
  FrameInfo info;
  info.layout = must(Layout::packed(fourcc("NV12"), kForeignPx, kForeignPx));
  if (which < buffers.size()) return must(Frame::wrap(info, {&buffers[which], 1}));
  info.layout.buffer_count = 2;
  info.layout.planes[1] = {0, 16, 1};
  info.layout.buffer_bytes = {256, 128};
  return must(Frame::wrap(info, buffers));
}

bool HostWorld::publish_pooled(std::chrono::milliseconds lifespan) {
  auto frame = pool_.acquire();
  if (!frame) return false;  // clients hold them all
  const auto plane = frame->plane(0);
  plane.front() = plane.back() = mark_of(last_ + 1);
  last_ = must(host_.publish(std::move(*frame), {.lifespan = lifespan}));
  return true;
}

void HostWorld::publish(Input& input) {
  const bool pooled = input.flag();
  const std::chrono::milliseconds lifespan(input.byte());
  if (pooled) {
    (void)publish_pooled(lifespan);
    return;
  }
  last_ = must(host_.publish(foreign_frame(input.below(3)), {.lifespan = lifespan}));
}

void HostWorld::withdraw(Input& input) { (void)host_.withdraw(last_ - input.below(8)).has_value(); }

void HostWorld::service(Input& input) {
  const auto sockets = ipc::host_sockets(host_);
  const std::size_t index = input.below(8);
  const int socket = index < sockets.size() ? sockets[index] : -1;
  (void)ipc::service_socket(host_, socket, 0).has_value();
}

void HostWorld::honest_reads() {
  auto frame = must(honest_.try_frame());
  if (frame) held_ = std::move(*frame);
  check_held();
}

void HostWorld::check_held() const {
  if (!held_ || held_.info().layout.width_px != kPooledPx) return;
  const auto plane = held_.plane(0);
  const bool whole = plane.front() == mark_of(held_.serial()) && plane.back() == plane.front();
  VSL_MUST(whole || !held_.valid());  // who reads what was taken back is told
}

void HostWorld::check_honest() {
  check_held();
  held_ = Lease();
  advance_time(kBeyondAllLimitsNs);
  process();
  if (!publish_pooled({})) {
    // Clients hold all buffers, and from here on the host wants them back: their limit begins.
    advance_time(kBeyondAllLimitsNs);
    VSL_MUST(publish_pooled({}));
  }
  honest_reads();
  VSL_MUST(held_ && held_.serial() == last_ && held_.valid());
  held_ = Lease();
}

/// Whether nobody but the honest client has a connection, or waits for one.
bool HostWorld::is_alone() const {
  const auto sockets = ipc::host_sockets(host_);  // the listener's is the first
  pollfd listener{sockets[0], POLLIN, 0};
  return sockets.size() == 2 && ::poll(&listener, 1, 0) == 0;
}

void HostWorld::see_off() {
  // What clients said before they hung up is read first, sixteen messages a pass. Their sockets may
  // be among it, so that the end is seen when all was read; and more may wait to be accepted.
  constexpr int kPatience = 1000;
  constexpr int kEnough = 4;
  constexpr std::int64_t kMuteNs = 10'000'000;
  int quiet = 0;
  for (int i = 0; i < kPatience && quiet < kEnough; ++i) {
    process();
    advance_time(kMuteNs);
    quiet = is_alone() ? quiet + 1 : 0;
    constexpr int kSoon = 64;
    if (i > kSoon) ::poll(nullptr, 0, 1);  // the kernel closes sockets in flight when it likes
  }
  VSL_MUST(quiet == kEnough);
}

std::vector<Frame> HostWorld::acquire_all() {
  std::vector<Frame> all;
  while (all.size() < kBuffers) all.push_back(must(pool_.acquire()));
  return all;
}

void HostWorld::settle() {
  see_off();
  forget_frames();
  const HostStats stats = host_.stats();
  VSL_MUST(stats.live == 0);
  VSL_MUST(stats.buffers == kBuffers);
  VSL_MUST(pool_.stats().free == kBuffers);
  constexpr std::uint32_t kSeldom = 256;
  if (settled_++ % kSeldom == 0) (void)acquire_all();  // and they can be had, each of them
  // A client lets go of the memory that is forgotten when it looks for more. What the host had no
  // room to say is said after the first look.
  for (int look = 0; look < 2; ++look) {
    VSL_MUST(!must(honest_.try_frame()));
    advance_time(kBeyondAllLimitsNs);
    process();
  }
}

void HostWorld::forget_frames() {
  for (; first_ <= last_; ++first_) (void)host_.withdraw(first_).has_value();
  advance_time(kBeyondAllLimitsNs);  // memory that does not come again is forgotten
  process();
}

}  // namespace vsl::fuzz
