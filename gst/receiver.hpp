// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "loan.hpp"
#include "source_settings.hpp"

namespace vsl::gst {

/// Whether a host may yet come, or have room for us.
bool may_come(const Error& error);

/// The connection of a vslsrc: finds the host, waits for frames, finds it again. Waits are those of
/// the streaming thread; interrupt() ends them from any other.
class Receiver {
 public:
  enum class Event { connected, lost, reconnected };
  using Told = std::function<void(Event)>;
  enum class Outcome { frame, silence, flushing, goodbye, failed };
  struct Next {
    Outcome outcome = Outcome::failed;
    std::shared_ptr<Loan> loan;
    std::optional<Error> error;  ///< with `failed`
    bool is_first = false;       ///< of this connection
    bool is_fresh = false;       ///< we waited for it; else it had waited for us
  };

  void start(SourceSettings settings, std::string name, Told told);
  void stop();
  /// While it is on, next() returns at once.
  void interrupt(bool on);
  Next next();

  const std::shared_ptr<Loans>& loans() const noexcept { return loans_; }
  /// Frames the host lets us hold at once; 0 while not connected.
  std::uint32_t max_leases() const noexcept { return max_leases_; }
  ClientStats stats() const;
  /// How long a host may be silent: the property, where it was set; else by the rate of its frames,
  /// for ever (< 0) where they have none.
  std::int64_t silence_limit_ns() const;

 private:
  std::optional<Next> connect();
  std::optional<Next> after_failure(const Error& error);
  Next after_loss(const Error& error);
  bool sleep(std::int64_t ns);
  /// Sleeps, longer each time until a frame comes. False: interrupted.
  bool back_off();
  std::shared_ptr<Client> client() const;
  void set_client(std::shared_ptr<Client> client);

  static constexpr std::int64_t kFirstBackOffNs = 1'000'000;

  SourceSettings settings_;
  std::string name_;
  Told told_;
  mutable std::mutex mutex_;  ///< guards the four below; a leaf but for Client::cancel and resume
  std::condition_variable wake_;
  std::shared_ptr<Client> client_;
  ClientStats before_;  ///< of connections that ended
  bool interrupted_ = false;

  std::shared_ptr<Loans> loans_ = std::make_shared<Loans>();
  bool was_connected_ = false;
  bool is_new_ = false;  ///< no frame came over the connection yet
  std::int64_t back_off_ns_ = kFirstBackOffNs;
  std::uint32_t max_leases_ = 0;
  // The last frame of the life of a host: a new connection to the same begins with the newest.
  std::uint64_t epoch_ = 0, serial_ = 0;
  std::int64_t duration_ns_ = -1;  ///< of the last frame; ≤ 0: not said
};

}  // namespace vsl::gst
