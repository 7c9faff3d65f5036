// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "videostream/inspect.hpp"

namespace vsl::gst {

/// Looks for hosts until it is stopped, and tells which came and went.
class DeviceWatch {
 public:
  enum class Change { appeared, vanished };
  using Told = std::function<void(Change, const RunningHost&)>;

  ~DeviceWatch() { stop(); }
  /// Tells of those that run already before it returns; of others on a thread. Errors: of
  /// list_hosts and of starting a thread.
  Result<void> start(Told told);
  void stop() noexcept;

 private:
  void run();
  void compare(std::vector<RunningHost> now);

  Told told_;
  std::vector<RunningHost> known_;
  std::mutex mutex_;  ///< a leaf, guards `stopping_`
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vsl::gst
