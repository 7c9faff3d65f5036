// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/client.hpp"

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "ipc/client_impl.hpp"
#include "ipc/layout_of.hpp"

namespace vsl {

Result<Client> Client::connect(const std::string& path, const ClientOptions& options) {
  return guarded("connect", [&]() -> Result<Client> {
    auto impl = std::make_unique<Impl>(path, options);
    VSL_CHECK(impl->open(deadline_after(monotonic_ns(), options.connect_timeout.count())));
    return Client(std::move(impl));
  });
}

Client::Client(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

[[gnu::hot]] Result<std::optional<Lease>> Client::wait_frame(std::chrono::nanoseconds timeout) {
  return guarded("wait for a frame", [&] {
    return impl_->wait(deadline_after(monotonic_ns(), timeout.count()), Impl::Delivery::locked, 0);
  });
}

Result<std::optional<Lease>> Client::try_frame() {
  auto frame = guarded("look for a frame", [&] { return impl_->try_frame(); });
  impl_->watch_what_is_due();
  return frame;
}

int Client::fd() {
  const auto fd = guarded("poll a client", [&] { return impl_->watch_fd(); });
  return fd ? *fd : -1;
}

void Client::cancel() noexcept { impl_->cancel(); }
void Client::resume() noexcept { impl_->resume(); }
bool Client::host_closed() const noexcept {
  return impl_->host_closed.load(std::memory_order_relaxed);  // written before the wait's error
}
bool Client::connected() const noexcept {
  return impl_->connected.load(std::memory_order_relaxed);  // a hint: it may change at any time
}
const std::string& Client::path() const noexcept { return impl_->path; }
ClientStats Client::stats() const { return impl_->stats(); }

Result<std::optional<Lease>> Client::Impl::try_frame() {
  constexpr std::int64_t kNow = 0, kAtOnce = 1;  // ns of a clock that is far beyond both
  auto frame = wait(kNow, Delivery::locked, 0);
  if (!frame || !epoll_) return frame;
  std::int64_t looked_ns = 0;
  {
    const MutexLock lock(mutex_);
    if (*frame) {
      set_timer(kAtOnce);  // readable at once: there may be more
      return frame;
    }
    // What made the descriptor readable has been looked at, or is now: else it would stay so.
    if (timer_at_ns_ <= monotonic_ns()) set_timer(kNever);
    if (v1_ != nullptr && v1_->has_frames()) {
      set_timer(v1_->is_v1() ? kAtOnce : v1_->patience_until_ns());
    }
    if (v2_ == nullptr) return frame;
    if (!look_at_socket()) {
      VSL_CHECK(lose("the connection ended"));
      return frame;
    }
    if (options.policy.max_mfps != 0 && too_early(monotonic_ns())) set_timer(next_delivery_ns_);
    // Asleep is who has armed and then seen nothing: the host looks for the arm after each frame.
    if (!v2_->arm()) set_timer(monotonic_ns() + kFirstBackOffNs);
    looked_ns = looked_ns_;
  }
  frame = wait(kNow, Delivery::locked, 0);
  if (!frame) return frame;
  const MutexLock lock(mutex_);
  // Who was slow has looked at the socket again, and may have read the bell it armed for. (While a
  // buffer is missing the timer is set already.)
  const bool bell_lost = v2_ != nullptr && looked_ns_ != looked_ns && missing_since_ns_ == 0;
  if (*frame || bell_lost) set_timer(kAtOnce);
  return frame;
}

ClientStats Client::Impl::stats() const {
  const MutexLock lock(mutex_);
  ClientStats stats = stats_;
  stats.wire_version = v2_ != nullptr ? 2 : v1_ != nullptr && v1_->is_v1() ? 1 : 0;
  stats.max_leases = stats.wire_version != 0 ? session()->max_records : 0;
  stats.epoch = v2_ != nullptr ? v2_->epoch() : 0;
  if (v1_ != nullptr) stats.fds_received += v1_->fds_received;
  if (v2_ != nullptr) stats.fds_received += v2_->fds_received;
  if (const Lease::Session* current = session()) stats.maps += current->maps->load(kRelaxed);
  return stats;
}

}  // namespace vsl
