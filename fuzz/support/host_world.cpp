// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "support/host_world.hpp"

#include <sys/mman.h>

#include <vector>

#include "base/memfd.hpp"
#include "ipc/capi_access.hpp"
#include "support/peer.hpp"
#include "support/virtual_time.hpp"

namespace vsl::fuzz {
namespace {

constexpr std::uint32_t kBuffers = 8;
constexpr std::int64_t kBeyondAllLimitsNs = 3'000'000'000;

Pool make_pool() {
  return must(Pool::create({.format = fourcc("NV12"),
                            .width_px = 16,
                            .height_px = 16,
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

}  // namespace

HostWorld::HostWorld(const char* name, HostOptions options, bool polls)
    : host_(must(Host::listen(socket_name(name), options))),
      pool_(make_pool()),
      honest_(must(Client::connect(host_.path()))) {
  if (polls) VSL_MUST(host_.fd() >= 0 && honest_.fd() >= 0);
  process();
  VSL_MUST(!must(honest_.try_frame()));  // reads WELCOME and says READY
  process();
  std::vector<Frame> all;
  while (all.size() < kBuffers) all.push_back(must(pool_.acquire()));
  for (Frame& frame : all) {  // every buffer is known and mapped before the first input
    last_ = must(host_.publish(std::move(frame)));
    VSL_MUST(!must(honest_.try_frame())->plane(0).empty());
  }
  settle();
}

void HostWorld::process() { VSL_MUST(host_.process().has_value()); }

Frame HostWorld::foreign_frame(std::uint32_t which) {
  std::vector<std::shared_ptr<Buffer>> buffers;
  for (const UniqueFd& fd : foreign_memory()) buffers.push_back(must(Buffer::attach(fd.get())));
  FrameInfo info;
  info.layout = must(Layout::packed(fourcc("NV12"), 16, 16));
  if (which < buffers.size()) return must(Frame::wrap(info, {&buffers[which], 1}));
  info.layout.buffer_count = 2;
  info.layout.planes[1] = {0, 16, 1};
  info.layout.buffer_bytes = {256, 128};
  return must(Frame::wrap(info, buffers));
}

std::uint64_t HostWorld::publish_one(std::uint8_t value) {
  Frame frame = must(pool_.acquire());
  frame.plane(0).front() = frame.plane(0).back() = std::byte{value};
  return last_ = must(host_.publish(std::move(frame), {}));
}

void HostWorld::publish(Input& input) {
  const bool pooled = input.flag();
  auto frame = pooled ? pool_.acquire() : Result<Frame>(foreign_frame(input.below(3)));
  if (!frame) return;  // clients may hold them all
  foreign_used_ = foreign_used_ || !pooled;
  const std::chrono::milliseconds lifespan(input.byte());
  last_ = must(host_.publish(std::move(*frame), {.lifespan = lifespan}));
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
}

void HostWorld::check_honest() {
  static std::uint8_t value = 0;
  held_ = Lease();
  advance_time(kBeyondAllLimitsNs);  // who holds frames too long loses them now
  process();
  const std::uint64_t serial = publish_one(++value);
  const auto lease = must(honest_.try_frame());
  VSL_MUST(lease && lease->serial() == serial);
  const auto plane = lease->plane(0);
  VSL_MUST(plane.size() >= 16 * 16 && plane.front() == std::byte{value} &&
           plane.back() == std::byte{value});
  VSL_MUST(lease->valid());
}

void HostWorld::settle() {
  // What clients said before they hung up is read first, sixteen messages a pass. Their sockets may
  // be among it, so that the end is seen when all was read.
  constexpr int kMostPasses = 64;
  constexpr std::int64_t kMuteNs = 10'000'000;
  for (int i = 0; i < kMostPasses; ++i) {
    process();
    advance_time(kMuteNs);
    const HostStats stats = host_.stats();
    if (stats.v1_clients == 0 && stats.v2_clients == 1) break;
  }
  std::vector<Frame> all;
  while (all.size() < kBuffers) all.push_back(must(pool_.acquire()));
  all.clear();
  forget_frames();
  if (std::exchange(foreign_used_, false)) {
    // A client forgets memory that is gone when it is given some that is new.
    last_ = must(host_.publish(foreign_frame(0)));
    VSL_MUST(must(honest_.try_frame()));
    forget_frames();
  }
  const HostStats stats = host_.stats();
  VSL_MUST(stats.v1_clients == 0);
  VSL_MUST(stats.v2_clients == 1);
  VSL_MUST(stats.live == 0);
  VSL_MUST(stats.buffers == kBuffers);
  VSL_MUST(pool_.stats().free == kBuffers);
}

void HostWorld::forget_frames() {
  for (; first_ <= last_; ++first_) (void)host_.withdraw(first_).has_value();
  advance_time(kBeyondAllLimitsNs);  // memory that does not come again is forgotten
  process();
}

}  // namespace vsl::fuzz
