// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/clock.hpp"
#include "base/futex.hpp"
#include "base/guarded.hpp"
#include "base/log.hpp"
#include "ipc/address.hpp"
#include "ipc/client_impl.hpp"
#include "ipc/host_user.hpp"

namespace vsl {

namespace v2 = wire::v2;

Client::Impl::Impl(std::string path_in, ClientOptions options_in)
    : path(std::move(path_in)), options(std::move(options_in)) {}

Result<void> Client::Impl::open(std::int64_t deadline_ns) {
  cancel_event_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!cancel_event_) return Error::last("prepare to connect " + path);
  const MutexLock lock(mutex_);
  for (;;) {
    auto connection = connect_once();
    if (connection) return {};
    const auto code = connection.error().code;
    const bool may_come = code == std::errc::connection_refused ||
                          code == std::errc::no_such_file_or_directory ||
                          code == std::errc::resource_unavailable_try_again;
    if (!may_come || monotonic_ns() >= deadline_ns) return connection;
    VSL_CHECK(sleep_on(-1, std::min(deadline_ns, next_try_ns_)));
  }
}

Result<void> Client::Impl::connect_once() {
  back_off_ns_ = std::clamp(back_off_ns_ * 2, kFirstBackOffNs, kLastBackOffNs);
  next_try_ns_ = monotonic_ns() + back_off_ns_;
  VSL_TRY(UniqueFd socket, ipc::connect_socket(path));
  const Result<uid_t> host = ipc::check_host_user(socket, path, options);
  if (!host) {
    ipc::close_connection(std::move(socket));
    return host.error();
  }
  refuse_may_fault_ = ipc::refuses_may_fault(options, *host);
  told_of_user_ = false;
  set_sessions(std::make_shared<SessionV1>(std::move(socket), options, refuse_may_fault_), nullptr);
  return say_hello();
}

Result<void> Client::Impl::say_hello() {
  v2::Hello hello{};
  hello.type = static_cast<std::uint32_t>(v2::MessageType::hello);
  hello.min_version = hello.max_version = v2::kVersion;
  hello.policy = static_cast<std::uint32_t>(options.policy.order);
  hello.depth = options.policy.depth;
  hello.every_k = options.policy.every;
  hello.max_mfps = options.policy.max_mfps;
  hello.lease_words = std::clamp<std::uint32_t>(options.max_leases + 1, 1, v2::kMaxLeaseWords);
  hello.access = static_cast<std::uint32_t>(options.access);
  hello.last_epoch = last_epoch_;
  std::strncpy(hello.name, options.name.c_str(), sizeof hello.name - 1);
  const auto said = ipc::send_packet(v1_->socket.get(), v2::bytes_of(hello));
  hello_due_ = said == ipc::Transfer::later;
  if (said == ipc::Transfer::closed) {
    set_sessions(nullptr, nullptr);
    return Error::of(std::errc::connection_refused, "connect " + path);
  }
  return {};
}

namespace {

/// The host went away; others are its mistakes, which it would make again.
bool is_loss(const Error& error) {
  return error.code == std::errc::connection_reset || error.code == std::errc::broken_pipe;
}

}  // namespace

Result<void> Client::Impl::upgrade() {
  SessionV1& first = *v1_;  // the analysis does not follow lambdas
  const bool refuse_may_fault = refuse_may_fault_;
  auto opened = guarded("connect", [&] {
    return SessionV2::open(first.take_socket(), first.packet(), options, refuse_may_fault);
  });
  if (!opened) {
    set_sessions(nullptr, nullptr);
    if (options.reconnect && is_loss(opened.error())) return lose("it ended while we joined");
    return std::move(opened).error();
  }
  stats_.fds_received += v1_->fds_received;
  const bool same_host = (*opened)->epoch() == last_epoch_;
  last_epoch_ = (*opened)->epoch();
  looked_ns_ = monotonic_ns();
  // The newest frame of those there are is the first one, also for who wants them in order.
  const std::uint64_t newest = (*opened)->joined_at;
  const std::uint64_t before_newest = newest > 0 ? newest - 1 : 0;
  // Where only the connection was lost it is not to come a second time.
  cursor_ = same_host ? std::max(cursor_, before_newest) : before_newest;
  missing_since_ns_ = 0;
  set_sessions(nullptr, std::move(*opened));
  back_off_ns_ = 0;
  return {};
}

Error Client::Impl::refusal() {
  const auto refused = v2::parse<v2::Refused>(v1_->packet().bytes());
  set_sessions(nullptr, nullptr);
  const auto retry_ms = refused ? refused->retry_ms : 0;
  next_try_ns_ = monotonic_ns() + std::int64_t{std::min(retry_ms, 10'000U)} * 1'000'000;
  if (retry_ms == 0) ended_ = true;
  const bool has_reason = refused && refused->errnum > 0 && refused->errnum < 4096;
  const int errnum = has_reason ? static_cast<int>(refused->errnum) : EPERM;
  return Error::from_errno(errnum, "connect " + path + ": the host refused us");
}

Result<void> Client::Impl::reconnect(std::int64_t deadline_ns) {
  const std::int64_t now_ns = monotonic_ns();
  if (now_ns < next_try_ns_) {
    if (deadline_ns > now_ns) return sleep_on(-1, std::min(next_try_ns_, deadline_ns));
    set_timer(next_try_ns_);
    return {};
  }
  if (auto connection = connect_once(); !connection) {
    if (connection.error().code != std::errc::operation_not_permitted) {
      VSL_LOG_DEBUG("no host yet", kv("error", connection.error()));
    } else if (!std::exchange(told_of_user_, true)) {
      VSL_LOG_WARN("another user's host is in its place", kv("error", connection.error()));
    }
    set_timer(next_try_ns_);
    return {};  // it may come
  }
  ++stats_.reconnects;
  return {};
}

Result<void> Client::Impl::lose(const char* why) {
  VSL_LOG_INFO("lost the host", kv("path", path), kv("why", why));
  // Also where its hang-up is seen first: the board says it until it is unmapped.
  host_closed.store(v2_ != nullptr && v2_->closing(), std::memory_order_relaxed);
  set_sessions(nullptr, nullptr);
  last_delivered_ = 0;
  // Not sooner than the back-off says: a host that turns us away would be asked all the time.
  next_try_ns_ = std::max(next_try_ns_, monotonic_ns() + kFirstBackOffNs);
  set_timer(next_try_ns_);
  if (options.reconnect) return {};
  ended_ = true;
  return Error::of(std::errc::connection_reset, "receive from " + path + ": the host ended");
}

void Client::Impl::set_sessions(std::shared_ptr<SessionV1> v1, std::shared_ptr<SessionV2> v2) {
  if (v2_ != nullptr) stats_.fds_received += v2_->fds_received;
  if (const Lease::Session* ended = session()) stats_.maps += ended->maps->load(kRelaxed);
  forget_session();
  asked_v1_ = Lease();
  v1_ = std::move(v1);
  v2_ = std::move(v2);
  connected.store(v1_ != nullptr || v2_ != nullptr, std::memory_order_relaxed);  // a hint
  {
    const MutexLock lock(cancel_mutex_);
    to_wake_ = v2_;
  }
  watch_session();
}

void Client::Impl::cancel() noexcept {
  if (fork_guard_.in_child()) return;                 // the event is its parent's
  cancelled_.store(true, std::memory_order_release);  // seen when the wait looks again
  const std::uint64_t one = 1;
  (void)!::write(cancel_event_.get(), &one, sizeof one);
  const MutexLock lock(cancel_mutex_);
  // Wakes the group's other waiters too, who look and sleep on.
  if (to_wake_ != nullptr) futex_wake(to_wake_->chime().word, INT32_MAX);
}

void Client::Impl::resume() noexcept {
  if (fork_guard_.in_child()) return;
  std::uint64_t count = 0;
  (void)!::read(cancel_event_.get(), &count, sizeof count);  // before the flag: a cancel() in
  cancelled_.store(false, std::memory_order_release);        // between is the one that is undone
}

Result<int> Client::Impl::watch_fd() {
  const MutexLock lock(mutex_);
  if (epoll_) return epoll_.get();
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return Error::last("prepare to poll " + path);
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  if (!epoll || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0 ||
      ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, cancel_event_.get(), &event) != 0) {
    return Error::last("prepare to poll " + path);
  }
  timer_ = std::move(timer);  // only what is whole is kept, and not made again
  epoll_ = std::move(epoll);
  fork_guard_.watch(epoll_.get());
  watch_session();
  set_timer(1);  // whatever waits already is found by the first look
  return epoll_.get();
}

int Client::Impl::session_fd() const noexcept {
  if (v1_ != nullptr) return v1_->socket.get();
  return v2_ != nullptr ? v2_->socket.get() : -1;
}

void Client::Impl::watch_session() noexcept {
  if (!epoll_) return;
  epoll_event event{};
  event.events = EPOLLIN;
  watch_due_ = false;
  const int fd = session_fd();
  if (fd < 0 || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return;
  watch_due_ = errno != EEXIST;
}

void Client::Impl::watch_what_is_due() {
  if (!epoll_) return;
  const MutexLock lock(mutex_);
  if (watch_due_) watch_session();
  // Nothing else would make the descriptor readable.
  if (watch_due_) set_timer(std::min(timer_at_ns_, monotonic_ns() + kLastBackOffNs));
}

void Client::Impl::forget_session() noexcept {
  if (!epoll_) return;
  // A lease may keep the session open, and its dead socket would be readable for ever.
  const int fd = session_fd();
  if (fd >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Client::Impl::set_timer(std::int64_t at_ns) noexcept {
  if (!timer_ || timer_at_ns_ == at_ns) return;
  timer_at_ns_ = at_ns;
  itimerspec when{};  // all zero: never
  if (at_ns != kNever) when.it_value = to_timespec(std::max<std::int64_t>(at_ns, 1));
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace vsl
