// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "videostream/buffer.hpp"
#include "videostream/frame_info.hpp"

namespace vsl {

/// Which frames a client is given. What it passes over is counted, never lost silently.
struct Policy {
  enum class Order : std::uint32_t { newest = 0, in_order = 1 };
  Order order = Order::newest;
  std::uint32_t depth = 128;   ///< in_order: how far behind the newest frame it may fall, ≤ 256
  std::uint32_t every = 1;     ///< only serials that are a multiple of it
  std::uint32_t max_mfps = 0;  ///< at most so many frames in 1000 s; 0 = no limit

  static constexpr Policy newest() { return {}; }
  static constexpr Policy in_order(std::uint32_t depth = 128) { return {Order::in_order, depth}; }
  static constexpr Policy every_kth(std::uint32_t k) { return {Order::newest, 128, k}; }
};

/// In ClientOptions::host_uids: whoever listens at the path.
inline constexpr uid_t kAnyUser = static_cast<uid_t>(-1);

/// Users by name or number with commas between, or "any", for ClientOptions::host_uids.
/// Errors: invalid_argument, naming what is no user of this system.
VSL_EXPORT Result<std::vector<uid_t>> parse_users(const std::string& words);

struct ClientOptions {
  Policy policy = {};
  std::string name = {};  ///< shown by `videostream top`; ≤ 43 bytes
  bool reconnect = true;  ///< find the host again when it went away
  /// How long connect() waits for a host that is not there (yet); < 0 = for ever.
  std::chrono::nanoseconds connect_timeout{0};
  std::uint32_t max_leases = 20;  ///< frames held at once; the host may grant fewer
  Access access = Access::read;   ///< read_write only works with a host that allows it
  bool refuse_may_fault = false;  ///< skip frames in memory that others can truncate under us
  /// Who may be the host, by the credentials of who listens (SO_PEERCRED), looked at before
  /// anything is received. Empty: our own user and root. Else these alone, kAnyUser for whoever it
  /// is.
  std::vector<uid_t> host_uids = {};
  /// Without it such frames are skipped as well when the host is neither our own user nor root.
  bool accept_may_fault = false;
};

struct ClientStats {
  std::uint64_t delivered = 0;
  std::uint64_t skipped = 0;   ///< serials never delivered, for the reasons below or by policy
  std::uint64_t lapped = 0;    ///< … overwritten in the ring before we looked
  std::uint64_t gone = 0;      ///< … recycled before we could lease them
  std::uint64_t no_lease = 0;  ///< … refused because we hold all we may
  std::uint64_t unknown_buffer = 0;  ///< … in a buffer whose fd had not arrived
  std::uint64_t reconnects = 0;
  std::uint64_t fds_received = 0, maps = 0;  ///< of buffers; both constant in steady state
  std::uint32_t wire_version = 0;            ///< 2, 1, or 0 while not connected
  std::uint64_t epoch = 0;                   ///< of the host's life; 0 for a v1 host
  std::uint32_t max_leases = 0;  ///< frames the host lets us hold at once; 0 while not connected
  std::uint64_t refused = 0;     ///< of those skipped: memory that others can truncate under us
};

/// A hold on one frame: while it stands the host does not reuse the memory. Gives it back when
/// destroyed. Any thread may release it; otherwise thread-confined. Readable after its Client is
/// gone.
class VSL_EXPORT Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  explicit operator bool() const noexcept { return session_ != nullptr; }
  std::uint64_t serial() const noexcept;
  std::int64_t published_ns() const noexcept;
  FrameInfo info() const;
  /// Read-only bytes of a plane; empty when there is none or it cannot be mapped. Mapped once per
  /// buffer, not per frame: no system call for a memfd.
  std::span<const std::byte> plane(std::size_t index) const;
  /// Maps every plane, or says why it cannot.
  Result<void> map() const;
  /// The fd of a buffer, borrowed while the lease lives; -1 for a buffer there is not.
  int buffer_fd(std::size_t index) const noexcept;
  /// The buffer itself, borrowed likewise; null for a buffer there is not.
  const Buffer* buffer(std::size_t index) const noexcept;
  /// The producer's bytes, copied out; empty when it sent none or valid() ended.
  std::string blob() const;
  /// Whether the frame still is what it was when leased. False once the host took it back or ended:
  /// what has been read since then may belong to another frame. Ask after the last pixel was read.
  /// Stays true when the host was killed: nobody is left to reuse the memory.
  bool valid() const noexcept;
  /// Serials passed over between the frame before and this one.
  std::uint64_t skipped() const noexcept;
  void release() noexcept;

  struct Session;
  Lease(std::shared_ptr<Session> session, std::uint32_t index) noexcept;
  Session* session() const noexcept { return session_.get(); }  ///< for the library's own C shims
  std::uint32_t index() const noexcept { return index_; }

 private:
  std::shared_ptr<Session> session_;
  std::uint32_t index_ = 0;
};

/// Receives frames from a host. Speaks wire v2, and v1 with hosts of release 2.5 and before.
/// Threads: thread-confined, but for cancel().
class VSL_EXPORT Client {
 public:
  /// Errors: connection_refused, no_such_file_or_directory, permission_denied … (connect_timeout
  ///         over), operation_not_permitted (the host's policy, or its user is not in host_uids),
  ///         invalid_argument, filename_too_long.
  static Result<Client> connect(const std::string& path, const ClientOptions& options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// The next frame by the policy, waiting for it up to `timeout` (< 0: for ever). Nothing in time
  /// is a value. Errors: connection_reset (host gone, reconnect off), operation_canceled,
  ///         too_many_files_open (all leases taken), operation_not_permitted (used after fork).
  Result<std::optional<Lease>> wait_frame(std::chrono::nanoseconds timeout);
  /// The same without waiting. After nothing, fd() becomes readable when it is worth asking again.
  Result<std::optional<Lease>> try_frame();
  /// For a poll loop; stays the same across reconnects. Borrowed.
  int fd();
  /// Ends a wait now and every later one, with operation_canceled. Any thread; not from a handler.
  void cancel() noexcept;
  /// Takes cancel() back: waits work again, on the same connection. Any thread.
  void resume() noexcept;

  bool connected() const noexcept;
  /// Whether the host whose connection ended last had closed in good order, and was not killed or
  /// lost. Any thread. A host of wire version 1 does not say.
  bool host_closed() const noexcept;
  const std::string& path() const noexcept;
  ClientStats stats() const;

  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl) noexcept;
  Impl& impl() const noexcept { return *impl_; }  ///< for the library's own C shims

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl
