// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/host.hpp"

#include <poll.h>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "ipc/host_impl.hpp"

namespace vsl {

Result<Host> Host::listen(const std::string& path, const HostOptions& options) {
  return guarded("listen", [&]() -> Result<Host> {
    VSL_TRY(auto impl, Impl::create(path, options));
    return Host(std::move(impl));
  });
}

Host::Host(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Host::Host(Host&&) noexcept = default;
Host& Host::operator=(Host&& other) noexcept {
  if (this != &other) {
    close();
    impl_ = std::move(other.impl_);
  }
  return *this;
}
Host::~Host() { close(); }

[[gnu::hot]] Result<std::uint64_t> Host::publish(Frame&& frame, const PublishOptions& options) {
  PublishRequest request{.expires_ns = options.expires_ns, .keep_newest = options.keep_newest};
  const auto lifespan = options.lifespan.count() < 0 ? impl_->options.lifespan : options.lifespan;
  if (request.expires_ns == 0 && lifespan.count() > 0) {
    request.expires_ns = deadline_after(monotonic_ns(), lifespan.count());
  }
  return guarded("publish", [&] { return impl_->publish(std::move(frame), request, -1); });
}

Result<Frame> Host::withdraw(std::uint64_t serial) {
  return guarded("withdraw", [&] { return impl_->withdraw(serial, -1); });
}
Result<void> Host::process() {
  return guarded("process", [&] { return impl_->process(-1); });
}

Result<bool> Host::wait(std::chrono::nanoseconds timeout) {
  pollfd ready{impl_->watch_fd(), POLLIN, 0};
  const timespec limit = to_timespec(timeout.count());
  const int count = ::ppoll(&ready, 1, timeout.count() < 0 ? nullptr : &limit, nullptr);
  return guarded("wait for clients", [&]() -> Result<bool> {
    if (count < 0) return Error::last("wait for clients of " + path());
    VSL_CHECK(impl_->process(-1));
    return count > 0;
  });
}

int Host::fd() const noexcept { return impl_->watch_fd(); }
void Host::close() noexcept {
  if (impl_ != nullptr) impl_->close();
}
const std::string& Host::path() const noexcept { return impl_->path; }
HostStats Host::stats() const { return impl_->stats(); }
std::vector<HostClient> Host::clients() const { return impl_->clients(); }

}  // namespace vsl
