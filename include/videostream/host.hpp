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

#include "videostream/frame.hpp"

namespace vsl {

struct HostOptions {
  /// What clients may do with buffers. `read_write` is for clients of release 2.5, which map
  /// writable.
  Access access = Access::read;
  /// How long a frame stays at most; 0 = until its buffer is needed for a newer one.
  std::chrono::nanoseconds lifespan{0};
  /// A reader may hold a retired frame this long once its pool runs dry; then it is taken back. At
  /// once, where all readers together hold more than the pool's buffers but three.
  std::chrono::nanoseconds hold_limit = std::chrono::seconds(1);
  std::uint32_t max_leases = 20;    ///< frames a client may hold, ≤ 63
  std::uint32_t max_clients = 128;  ///< ≤ 1024; an eighth is kept for our own uid and root
  /// 0: a quarter of max_clients for each other uid, and as many as there are for ours and root.
  std::uint32_t max_clients_per_uid = 0;
  /// Mode of the socket file; unset = what the umask leaves.
  std::optional<mode_t> socket_mode = {};
  std::optional<uid_t> socket_owner = {};
  std::optional<gid_t> socket_group = {};
  /// Who may connect, by credentials of the peer. Both empty: whoever can open the socket; for an
  /// abstract socket, which has no mode: our own uid and root.
  std::vector<uid_t> allowed_uids = {};
  std::vector<gid_t> allowed_gids = {};
  bool chime_per_client = false;  ///< one wake word per client instead of one per uid
  bool service_thread = false;    ///< a thread answers clients and recycles, also while we are idle
  /// Keeps pid, uid and command of clients from each other. `top` and Inspector, which look where
  /// clients look, show none of them then; clients() does.
  bool hide_clients = false;
};

struct PublishOptions {
  std::chrono::nanoseconds lifespan{-1};  ///< < 0: the host's; 0: until the buffer is needed
  std::int64_t expires_ns = 0;  ///< absolute CLOCK_MONOTONIC; wins over lifespan when ≠ 0
  /// Its time is over once a newer frame is there, too: who joins late finds a picture that stands
  /// still, and its buffer stays here until then.
  bool keep_newest = false;
};

struct HostStats {
  std::uint64_t posted = 0;      ///< frames published
  std::uint64_t live = 0;        ///< frames not yet recycled
  std::uint64_t no_buffer = 0;   ///< acquires that found nothing
  std::uint64_t taken_back = 0;  ///< frames taken from readers that held them too long or too many
  std::uint64_t refused = 0;     ///< clients turned away
  std::uint64_t cut_off = 0;     ///< clients disconnected for breaking the protocol or its limits
  std::uint64_t fds_sent = 0;    ///< descriptors passed to clients, v1 and v2
  std::uint64_t buffers = 0;     ///< in the table now
  std::uint32_t v1_clients = 0, v2_clients = 0;
  std::uint64_t admitted = 0;  ///< clients ever let in: more of them than before, somebody came
};

/// A client as its host sees it.
struct HostClient {
  std::uint64_t id = 0;  ///< no other client of this host ever has the same
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  std::string command;
  std::string name;  ///< what it calls itself; not to be trusted
  std::uint32_t wire_version = 0;
  std::int64_t since_ns = 0;                 ///< CLOCK_MONOTONIC
  std::uint64_t delivered = 0, skipped = 0;  ///< by its own count; 0 for wire version 1
  /// It has joined: what is published from now on is there for it. One of wire version 1 does not
  /// say so; 100 ms after it came it is taken for one.
  bool ready = false;
};

/// Publishes frames at a socket path to any number of clients, none of which it ever waits for.
/// Threads: thread-safe. No callback runs under its lock.
/// Spec:    docs/spec/wire-v2.md, docs/spec/wire-v1.md
class VSL_EXPORT Host {
 public:
  /// Binds and listens. A leading '/' is a path, anything else an abstract socket name. A stale
  /// socket file is replaced; a live host's, or a file that is no socket, is left alone.
  /// A file that is removed while the host lives is put back, with a line in the log.
  /// Errors: invalid_argument, filename_too_long, address_in_use, file_exists (not a socket),
  ///         permission_denied; timed_out and interrupted (waiting for a host that starts there);
  ///         or errno of the failing step.
  static Result<Host> listen(const std::string& path, const HostOptions& options = {});

  Host(Host&&) noexcept;
  Host& operator=(Host&&) noexcept;
  ~Host();  ///< as close()

  /// Hands the frame to all clients and returns its serial. One system call, whatever their number.
  /// The frame comes back to its owner when it has expired and no client holds it.
  /// Errors: no_buffer_space (4096 frames live), bad_file_descriptor, invalid_argument (a plane
  ///         beyond its buffer, a crop outside the picture); on any error `frame` is as it was.
  Result<std::uint64_t> publish(Frame&& frame, const PublishOptions& options = {});

  /// Takes a published frame back now; readers learn it from Lease::valid().
  /// Errors: no_such_file_or_directory (not published here, or recycled already).
  Result<Frame> withdraw(std::uint64_t serial);

  /// Accepts, answers and recycles what there is to; never blocks. Not needed with a service
  /// thread, nor by a program that publishes all the time: publish does it too.
  Result<void> process();
  /// Sleeps until a client wants something, a frame expires, or `timeout` ends, then processes.
  /// Returns whether there was anything. Errors: interrupted (a signal).
  Result<bool> wait(std::chrono::nanoseconds timeout);
  /// Readable when process() has something to do; for a poll loop of the program's own. Borrowed.
  int fd() const noexcept;

  /// Tells every client, withdraws all frames, removes the socket file if it is still ours.
  void close() noexcept;

  const std::string& path() const noexcept;
  HostStats stats() const;
  /// Who is connected now. Allocates; not for the frame path.
  std::vector<HostClient> clients() const;

  struct Impl;
  explicit Host(std::shared_ptr<Impl> impl) noexcept;
  Impl& impl() const noexcept { return *impl_; }  ///< for the library's own C shims

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace vsl
