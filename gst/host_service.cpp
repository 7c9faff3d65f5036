// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "host_service.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace vsl::gst {
namespace {

// A client that is served by publish() wakes nobody here.
constexpr int kLookEveryMs = 100;

bool has(const std::vector<HostClient>& clients, std::uint64_t id) {
  return std::any_of(clients.begin(), clients.end(), [&](auto& known) { return known.id == id; });
}

}  // namespace

Result<void> HostService::start(std::shared_ptr<Host> host, Told told) {
  (void)stop();
  stop_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd_ < 0) return Error::last("prepare to serve " + host->path());
  host_ = std::move(host);
  told_ = std::move(told);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return Error{error.code(), "start a thread that serves " + host_->path()};
  }
  return {};
}

std::vector<HostClient> HostService::stop() noexcept {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    (void)!::write(stop_fd_, &one, sizeof one);
    thread_.join();
  }
  if (stop_fd_ >= 0) ::close(stop_fd_);
  stop_fd_ = -1;
  host_.reset();
  return std::exchange(clients_, {});
}

void HostService::run() {
  pollfd ready[2] = {{stop_fd_, POLLIN, 0}, {host_->fd(), POLLIN, 0}};
  for (;;) {
    const int count = ::poll(ready, 2, kLookEveryMs);
    if (count > 0 && (ready[0].revents & POLLIN) != 0) return;
    (void)host_->process().has_value();  // a step that failed is tried with the next frame
    compare();
  }
}

void HostService::compare() {
  auto now = host_->clients();
  std::swap(now, clients_);
  for (const HostClient& client : now) {
    if (!has(clients_, client.id)) told_(Change::removed, client);
  }
  for (const HostClient& client : clients_) {
    if (!has(now, client.id)) told_(Change::added, client);
  }
}

}  // namespace vsl::gst
