// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "videostream/host.hpp"

namespace vsl::gst {

/// The thread that answers clients and recycles while no buffers flow, and tells who came and went.
class HostService {
 public:
  enum class Change { added, removed };
  using Told = std::function<void(Change, const HostClient&)>;

  HostService() = default;
  ~HostService() { (void)stop(); }
  HostService(const HostService&) = delete;
  HostService& operator=(const HostService&) = delete;

  /// `told` is called on the thread, without a lock. Errors: of eventfd and of starting a thread.
  Result<void> start(std::shared_ptr<Host> host, Told told);
  /// Does not wait for more than a call of `told` that is under way. Returns who was still there.
  std::vector<HostClient> stop() noexcept;

 private:
  void run();
  void compare();

  std::shared_ptr<Host> host_;
  Told told_;
  std::vector<HostClient> clients_;
  int stop_fd_ = -1;
  std::thread thread_;
};

}  // namespace vsl::gst
