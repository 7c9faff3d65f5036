// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "ipc/address.hpp"
#include "ipc/socket.hpp"
#include "roles.hpp"
#include "wire/v1.hpp"
#include "wire/v2_messages.hpp"

namespace vsl::storm {
namespace {

namespace v1 = wire::v1;
using ipc::Transfer;

/// A client as release 2.5 had them: an event with a descriptor for each frame, a lock before it is
/// read, an unlock after. Spec: docs/spec/wire-v1.md
class V1Reader {
 public:
  V1Reader(Actor& actor, bool slow) : actor_(actor), slow_(slow), account_(actor) {}

  int run() {
    while (!actor_.finished()) {
      if (!socket_) connect();
      if (socket_ && wait() && receive_all()) read_newest();
      give_back(monotonic_ns());
    }
    return kDone;
  }

 private:
  struct Announced {
    v1::Event event{};
    UniqueFd memory;
  };
  struct Locked {
    std::int64_t serial = 0, until_ns = 0;
    std::span<const std::byte> picture;
  };

  void connect() {
    auto socket = ipc::connect_socket(actor_.path());
    if (socket) {
      socket_ = std::move(*socket);
      ++connections_;
      newest_.reset();
      reply_.reset();
      unlocks_ = 0;
      return;
    }
    account_.no_host();
    ::poll(nullptr, 0, 5);
  }
  bool wait() const {
    pollfd ready{socket_.get(), POLLIN, 0};
    return ::poll(&ready, 1, 50) > 0;
  }
  void lose() {
    socket_.reset();
    locked_.clear();  // so it was told that they are not its own any more
    known_.clear();
  }
  /// Takes what there is; false when the host hung up.
  bool receive_all() {
    for (;;) {
      const Transfer received = ipc::receive_packet(socket_.get(), packet_);
      if (received == Transfer::later) return true;
      if (received == Transfer::closed) {
        lose();
        return false;
      }
      const v1::Event event = v1::parse_event(packet_.bytes());
      if (event.serial > 0 && packet_.fd_count == 1) {
        newest_ = Announced{event, std::move(packet_.fds[0])};
      } else if (event.serial == 0 && unlocks_ > 0) {
        --unlocks_;  // replies come in the order of the requests
      } else if (event.serial == 0) {
        reply_ = static_cast<v1::Code>(event.error);
      }
    }
  }
  bool request(v1::Request kind, std::int64_t serial) {
    const v1::Control control{static_cast<std::uint32_t>(kind), 0, serial};
    return ipc::send_packet(socket_.get(), wire::v2::bytes_of(control)) == Transfer::done;
  }
  std::optional<v1::Code> lock(std::int64_t serial) {
    reply_.reset();
    if (!request(v1::Request::try_lock, serial)) lose();
    while (socket_ && !reply_ && !actor_.finished()) {
      if (wait() && !receive_all()) return std::nullopt;
    }
    return reply_;
  }
  void unlock(std::int64_t serial) {
    if (socket_ && request(v1::Request::unlock, serial)) {
      ++unlocks_;
    } else {
      lose();
    }
  }
  /// The host ends the connection of who holds a frame that it takes back, before it is written.
  bool connected() const {
    pollfd ended{socket_.get(), POLLRDHUP, 0};
    return ::poll(&ended, 1, 0) == 0;
  }
  const Mapping* map(const Announced& frame) {
    struct stat status {};
    if (::fstat(frame.memory.get(), &status) != 0) return nullptr;
    const auto known = known_.find(status.st_ino);
    if (known != known_.end()) return &known->second;
    auto mapping = Mapping::map(frame.memory.get(), static_cast<std::size_t>(status.st_size), {});
    return mapping ? &known_.emplace(status.st_ino, std::move(*mapping)).first->second : nullptr;
  }
  void read_newest() {
    if (!newest_) return;
    const Announced frame = std::move(*newest_);
    newest_.reset();
    const std::int64_t serial = frame.event.serial;
    account_.arrived(connections_, static_cast<std::uint64_t>(serial), frame.event.timestamp_ns);
    const auto answer = lock(serial);
    const Mapping* mapping = answer == v1::Code::success ? map(frame) : nullptr;
    if (mapping == nullptr) return;
    const auto offset =
        std::min(static_cast<std::size_t>(frame.event.offset_bytes), mapping->size());
    locked_.push_back({serial, 0, mapping->bytes().subspan(offset)});
    read(locked_.back());
    // Around the hold limit and beyond: the frame may be taken back meanwhile.
    if (slow_ && locked_.size() < most_) {
      locked_.back().until_ns = monotonic_ns() + between(actor_.random, 5, 500) * 1'000'000;
    }
  }
  void read(const Locked& locked) {
    account_.read(connections_, static_cast<std::uint64_t>(locked.serial), locked.picture,
                  [&] { return connected(); });
  }
  void give_back(std::int64_t now_ns) {
    for (std::size_t i = 0; i < locked_.size();) {
      if (locked_[i].until_ns > now_ns) {
        ++i;
        continue;
      }
      const Locked locked = locked_[i];
      locked_.erase(locked_.begin() + static_cast<std::ptrdiff_t>(i));
      if (slow_) read(locked);
      unlock(locked.serial);
    }
  }

  Actor& actor_;
  const bool slow_;
  Account account_;
  UniqueFd socket_;
  ipc::Packet packet_;
  std::map<ino_t, Mapping> known_;
  std::optional<Announced> newest_;
  std::vector<Locked> locked_;
  const std::uint64_t most_ = 1 + below(actor_.random, v1::kMaxLocks);
  std::optional<v1::Code> reply_;
  std::uint32_t unlocks_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace

int run_v1_reader(Actor& actor, Role role) { return V1Reader(actor, role == Role::v1_slow).run(); }

}  // namespace vsl::storm
