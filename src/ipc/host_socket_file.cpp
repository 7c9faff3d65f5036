// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>

#include "base/log.hpp"
#include "ipc/host_impl.hpp"

/// The socket file of a host that lives: who removes it (rm, a cleaner of /tmp, a folder that is
/// replaced) keeps newcomers out, so it is put back.
namespace vsl {

namespace {

/// Also how often it is put back at most, against somebody who removes it all the time.
constexpr std::int64_t kLookEveryNs = 1'000'000'000;

}  // namespace

Result<void> Host::Impl::poll_socket_file() {
  if (listener_.changes() < 0) return {};
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = poll_tag(PollSource::socket_file, 0);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.changes(), &event) == 0) return {};
  return Error::last("prepare to poll " + path);
}

void Host::Impl::suspect_socket_file_locked(std::int64_t now_ns) {
  const MutexLock door(door_);
  listener_.heed_changes();
  if (file_due_ns_ == kForever || listener_.in_place()) return;
  file_suspect_ = true;
  file_due_ns_ = std::max(now_ns, file_back_ns_ + kLookEveryNs);
}

void Host::Impl::tend_socket_file_locked(std::int64_t now_ns) {
  if (now_ns < file_due_ns_) return;
  file_due_ns_ = now_ns + kLookEveryNs;
  file_suspect_ = !socket_file_in_place();
  if (!file_suspect_) return;
  if (const auto put_back = put_socket_file_back_locked(now_ns); !put_back) {
    return tell_file_error_locked(put_back.error());
  }
  file_suspect_ = false;
  file_back_ns_ = now_ns;
  file_error_ = {};
  VSL_LOG_WARN("the socket file was removed and has been put back", kv("path", path));
}

Result<void> Host::Impl::put_socket_file_back_locked(std::int64_t now_ns) {
  empty_listener_queue_locked(now_ns);
  const MutexLock door(door_);
  // By the number that the new socket takes over.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.fd(), nullptr);
  const auto put_back = listener_.put_back();
  epoll_event event{};
  event.events = accept_again_ns_.load(std::memory_order_relaxed) == 0 ? EPOLLIN : 0U;
  event.data.u64 = poll_tag(PollSource::listener, 0);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.fd(), &event) != 0) {
    VSL_LOG_ERROR("nobody new can connect", kv("error", Error::last("poll " + path)));
  }
  return put_back;
}

// Who connected before the file went is let in.
void Host::Impl::empty_listener_queue_locked(std::int64_t now_ns) {
  constexpr int kMostPasses = 64;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    pollfd queue{listening_socket(), POLLIN, 0};
    const bool paused = accept_again_ns_.load(std::memory_order_relaxed) != 0;
    if (paused || ::poll(&queue, 1, 0) != 1) return;
    accept_locked(now_ns);
  }
}

void Host::Impl::tell_file_error_locked(const Error& error) {
  if (error.code == std::errc::address_in_use || error.code == std::errc::file_exists) {
    file_due_ns_ = kForever;
    file_suspect_ = false;
    VSL_LOG_ERROR(
        "the socket file is somebody else's now; our clients are served, nobody new comes",
        kv("error", error));
  } else if (error.code != file_error_) {
    VSL_LOG_WARN("the socket file is gone and cannot be put back yet", kv("error", error));
  }
  file_error_ = error.code;
}

}  // namespace vsl
