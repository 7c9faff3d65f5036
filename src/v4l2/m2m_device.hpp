// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/fork_guard.hpp"
#include "base/unique_fd.hpp"
#include "v4l2/node.hpp"
#include "videostream/device.hpp"

namespace vsl::v4l2 {

/// How long to wait for a driver, in time during which it could have worked: a machine that stood
/// still has not waited.
class Patience {
 public:
  explicit Patience(std::int64_t ns) : rest_ns_(ns) {}
  bool is_over() const { return rest_ns_ <= 0; }

 private:
  friend struct M2mDevice;
  std::int64_t rest_ns_;
};

/// An open memory-to-memory device: what it makes of `output` comes out of `capture`. Each that is
/// open works by itself, beside others of the same hardware. Thread-confined.
struct M2mDevice {
  /// Errors: errno of opening; not_supported (no such device).
  static Result<std::unique_ptr<M2mDevice>> open(const std::string& path);

  /// Waits a moment, or until a queue has something or an event came: POLLIN (capture), POLLOUT
  /// (output), POLLPRI (event). False when patience is over. Errors: errno; no_such_device (it is
  /// gone).
  Result<bool> wait(short events, Patience& patience) const;
  /// VIDIOC_ENCODER_CMD or VIDIOC_DECODER_CMD to stop after what is queued. False when the driver
  /// does not know it. Errors: errno of the ioctl.
  Result<bool> say_last(bool encoder) const;
  /// The value of a control; nothing when there is none.
  std::optional<std::int64_t> control(std::uint32_t id) const;
  /// Sets a control to the possible value that is nearest. False when there is none, or the driver
  /// refuses it.
  bool set_nearest(std::uint32_t id, std::int64_t value) const;
  /// Asks to be told of new sizes and ends. Not every driver tells.
  void subscribe() const;
  /// Takes the events there are. True when one says that the source changed.
  bool source_changed() const;

  UniqueFd fd;
  std::optional<ForkGuard> fork_guard;
  Device device;
  Node output, capture;
};

}  // namespace vsl::v4l2
