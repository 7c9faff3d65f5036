// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Sockets as net/unix/af_unix.c has them, of the type SOCK_SEQPACKET, none of which blocks.
#include "kernel/socket.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <map>
#include <utility>

#include "support/check.hpp"
#include "support/closing.hpp"

namespace vsl::fuzz::kernel {
namespace {

constexpr int kDefaultRoom = 212992, kLeastRoom = 4608;
constexpr unsigned kRead = 1, kWrite = 2, kBoth = kRead | kWrite;

/// What a packet costs its sender: the kernel's book-keeping and a power of two.
int cost_of(std::size_t bytes) {
  constexpr std::size_t kHead = 256, kTail = 320, kLeast = 512;
  return static_cast<int>(kHead + std::max(kLeast, std::bit_ceil(bytes + kTail)));
}

uid_t& effective_uid() {
  static uid_t uid = ::geteuid();
  return uid;
}

ucred own_credentials() { return {::getpid(), effective_uid(), ::getegid()}; }

class Socket final : public File {
 public:
  Socket() : File(S_IFSOCK | 0777, O_RDWR) {}
  ~Socket() override;

  int bind(std::string name);
  int listen(int backlog);
  int connect(const std::string& name);
  std::shared_ptr<Socket> accept();
  ssize_t send(std::span<const std::byte> bytes, std::vector<FilePtr> files);
  ssize_t receive(InFlight& packet);
  int peek(const InFlight*& packet);
  int shut_down(int how);

  std::uint32_t events() const override;
  ssize_t read(void* /*to*/, std::size_t /*bytes*/) override { return -ENOTCONN; }
  ssize_t write(const void* /*from*/, std::size_t /*bytes*/) override { return -ENOTCONN; }
  std::string link() const override { return "socket:[1]"; }

  bool listening() const { return backlog_ >= 0; }
  bool connected() const { return connected_; }
  int unread() const { return unread_; }
  int send_room = kDefaultRoom;
  ucred peer_credentials{};

 private:
  using Names = std::map<std::string, Socket*>;
  static Names& names() {
    static Names& instance = *new Names;
    return instance;
  }
  void hang_up_on_peer(bool bytes_were_lost);

  std::string name_;
  int backlog_ = -1;  ///< how many may wait; < 0: does not listen
  std::vector<std::shared_ptr<Socket>> waiting_;
  ucred own_{};

  bool connected_ = false;
  bool accepted_ = true;
  Socket* peer_ = nullptr;
  unsigned shut_ = 0;
  int error_ = 0;   ///< told once
  int unread_ = 0;  ///< what lies in the peer's queue, as it counts against our room
  std::vector<InFlight> queue_;
};

/// What is dropped with a packet is closed by who drops it.
void drop(const std::vector<FilePtr>& files) {
  const bool blocks = std::any_of(files.begin(), files.end(),
                                  [](const FilePtr& file) { return file->blocks_when_closed(); });
  VSL_MUST(!blocks || may_block_now());
}

Socket::~Socket() {
  for (const InFlight& packet : queue_) drop(packet.files);
  if (!name_.empty()) names().erase(name_);
  const auto lost = std::move(queue_);
  const auto turned_away = std::move(waiting_);
  queue_.clear();
  waiting_.clear();
  hang_up_on_peer(!lost.empty() || !accepted_);
}

void Socket::hang_up_on_peer(bool bytes_were_lost) {
  Socket* const peer = std::exchange(peer_, nullptr);
  if (peer == nullptr) return;
  peer->peer_ = nullptr;
  peer->unread_ = 0;
  peer->shut_ = kBoth;
  if (bytes_were_lost) peer->error_ = ECONNRESET;
}

int Socket::bind(std::string name) {
  if (!names().emplace(name, this).second) return -EADDRINUSE;
  name_ = std::move(name);
  return 0;
}

int Socket::listen(int backlog) {
  backlog_ = backlog;
  own_ = own_credentials();
  return 0;
}

int Socket::connect(const std::string& name) {
  const auto found = names().find(name);
  const bool abstract = !name.empty() && name[0] == '\0';
  if (found == names().end()) return abstract ? -ECONNREFUSED : -ENOENT;
  Socket& listener = *found->second;
  if (!listener.listening()) return -ECONNREFUSED;
  if (static_cast<int>(listener.waiting_.size()) > listener.backlog_) return -EAGAIN;
  auto other = std::make_shared<Socket>();
  other->accepted_ = false;
  other->connected_ = connected_ = true;
  other->peer_ = this;
  other->peer_credentials = own_credentials();
  peer_ = other.get();
  peer_credentials = listener.own_;
  listener.waiting_.push_back(std::move(other));
  return 0;
}

std::shared_ptr<Socket> Socket::accept() {
  if (waiting_.empty()) return nullptr;
  auto next = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  next->accepted_ = true;
  return next;
}

ssize_t Socket::send(std::span<const std::byte> bytes, std::vector<FilePtr> files) {
  if (!connected_) return -ENOTCONN;
  constexpr int kOverhead = 32;
  if (static_cast<int>(bytes.size()) > send_room - kOverhead) return -EMSGSIZE;
  if (error_ != 0) return -std::exchange(error_, 0);
  if ((shut_ & kWrite) != 0) return -EPIPE;
  if (unread_ >= send_room) return -EAGAIN;
  if (peer_ == nullptr || (peer_->shut_ & kRead) != 0) return -EPIPE;
  unread_ += cost_of(bytes.size());
  peer_->queue_.push_back({{bytes.begin(), bytes.end()}, std::move(files)});
  return static_cast<ssize_t>(bytes.size());
}

ssize_t Socket::receive(InFlight& packet) {
  if (!connected_) return -ENOTCONN;
  if (error_ != 0) return -std::exchange(error_, 0);
  if (queue_.empty()) return (shut_ & kRead) != 0 ? 0 : -EAGAIN;
  packet = std::move(queue_.front());
  queue_.erase(queue_.begin());
  if (peer_ != nullptr) peer_->unread_ -= cost_of(packet.bytes.size());
  return static_cast<ssize_t>(packet.bytes.size());
}

int Socket::peek(const InFlight*& packet) {
  packet = nullptr;
  if (!connected_) return -ENOTCONN;
  if (error_ != 0) return -std::exchange(error_, 0);
  if (!queue_.empty()) packet = &queue_.front();
  return packet != nullptr || (shut_ & kRead) != 0 ? 0 : -EAGAIN;
}

int Socket::shut_down(int how) {
  if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
  const unsigned ends = static_cast<unsigned>(how) + 1;
  shut_ |= ends;
  if (peer_ == nullptr) return 0;
  if ((ends & kRead) != 0) peer_->shut_ |= kWrite;
  if ((ends & kWrite) != 0) peer_->shut_ |= kRead;
  return 0;
}

std::uint32_t Socket::events() const {
  if (listening()) return waiting_.empty() ? 0 : EPOLLIN;
  if (!connected_) return EPOLLHUP | EPOLLOUT;
  std::uint32_t events = unread_ < send_room ? EPOLLOUT : 0;
  if (error_ != 0) events |= EPOLLERR;
  if ((shut_ & kRead) != 0) events |= EPOLLRDHUP | EPOLLIN;
  if (shut_ == kBoth) events |= EPOLLHUP;
  if (!queue_.empty()) events |= EPOLLIN;
  return events;
}

/// Calls `use` with the socket, or says why that cannot be.
template <class Use>
auto with_socket(int fd, Use use) -> decltype(use(std::declval<Socket&>())) {
  File* const file = find(fd);
  if (file == nullptr) return -EBADF;
  auto* socket = dynamic_cast<Socket*>(file);
  return socket != nullptr ? use(*socket) : -ENOTSOCK;
}

}  // namespace

FilePtr make_socket() { return std::make_shared<Socket>(); }

int socket_bind(int fd, std::string name) {
  return with_socket(fd, [&](Socket& socket) { return socket.bind(std::move(name)); });
}
int socket_listen(int fd, int backlog) {
  return with_socket(fd, [&](Socket& socket) { return socket.listen(backlog); });
}
int socket_connect(int fd, const std::string& name) {
  return with_socket(fd, [&](Socket& socket) { return socket.connect(name); });
}
int socket_accept(int fd) {
  return with_socket(fd, [&](Socket& socket) {
    if (!socket.listening()) return -EINVAL;
    FilePtr next = socket.accept();
    return next != nullptr ? install(std::move(next)) : -EAGAIN;
  });
}
ssize_t socket_send(int fd, std::span<const std::byte> bytes, std::vector<FilePtr> files) {
  return with_socket(fd, [&](Socket& socket) { return socket.send(bytes, std::move(files)); });
}
ssize_t socket_receive(int fd, InFlight& packet) {
  return with_socket(fd, [&](Socket& socket) { return socket.receive(packet); });
}
int socket_peek(int fd, const InFlight*& packet) {
  return with_socket(fd, [&](Socket& socket) { return socket.peek(packet); });
}
int socket_shutdown(int fd, int how) {
  return with_socket(fd, [&](Socket& socket) { return socket.shut_down(how); });
}
int socket_unread(int fd) {
  return with_socket(fd, [](Socket& socket) { return socket.unread(); });
}
int socket_send_room(int fd) {
  return with_socket(fd, [](Socket& socket) { return socket.send_room; });
}
int socket_set_send_room(int fd, int bytes) {
  return with_socket(fd, [&](Socket& socket) {
    socket.send_room = std::max(2 * bytes, kLeastRoom);  // as the kernel doubles it
    return 0;
  });
}
int socket_peer(int fd, ucred& credentials) {
  return with_socket(fd, [&](Socket& socket) {
    credentials = socket.peer_credentials;
    return 0;
  });
}

void become(uid_t effective) { effective_uid() = effective; }

}  // namespace vsl::fuzz::kernel
