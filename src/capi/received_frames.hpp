// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.hpp"
#include "capi/frame_object.hpp"
#include "videostream/client.hpp"

namespace vsl::capi {

/// The frames of one C client, and the client itself while it is there. Shared by both, so that
/// frames may outlive their client. A frame's lease is *soft* from vsl_frame_wait() to the next,
/// *hard* while it is locked, else given back. Threads: thread-safe, but wait() and close() belong
/// to the client's thread.
class ReceivedFrames : public std::enable_shared_from_this<ReceivedFrames> {
 public:
  explicit ReceivedFrames(Client client);
  ReceivedFrames(const ReceivedFrames&) = delete;
  ReceivedFrames& operator=(const ReceivedFrames&) = delete;

  void cancel() noexcept { client_->cancel(); }
  ClientStats stats() const { return client_->stats(); }

  Result<VSLFrame*> wait(std::int64_t until_ns, std::int64_t timeout_ns);
  Result<void> lock(VSLFrame& frame);
  Result<void> unlock(VSLFrame& frame);
  bool valid(const VSLFrame& frame);
  /// Ends every hold on the frame.
  void give_back(VSLFrame& frame) noexcept;
  /// The client goes; the frames stay readable.
  void close() noexcept;

  /// The end of a received frame; its object is kept for the next one.
  static void recycle(VSLFrame* frame) noexcept;

 private:
  static constexpr int kMaxLocked = 20;         ///< frames; source: release 2.5
  static constexpr std::size_t kMaxSpare = 32;  ///< objects kept: all that can be held, and a few

  void give_up_soft() VSL_EXCLUDES(mutex_);
  std::unique_ptr<VSLFrame> make_frame() VSL_EXCLUDES(mutex_);
  void keep_spare(std::unique_ptr<VSLFrame> object) noexcept VSL_EXCLUDES(mutex_);
  /// Leases the frame, again or at a host that has to be asked.
  Result<void> ask_for(VSLFrame& frame) VSL_EXCLUDES(mutex_);
  /// Moves the lease out, to be released without the lock.
  Lease take_lease(VSLFrame& frame) VSL_REQUIRES(mutex_);

  std::optional<Client> client_;  ///< emptied by close(), which no other call may meet
  Mutex mutex_;                   ///< leaf: nothing is locked, sent or released under it
  VSLFrame* soft_ VSL_GUARDED_BY(mutex_) = nullptr;
  int locked_ VSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<VSLFrame>> spare_ VSL_GUARDED_BY(mutex_);
};

}  // namespace vsl::capi
