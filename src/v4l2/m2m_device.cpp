// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/m2m_device.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>

#include "base/clock.hpp"
#include "v4l2/controls.hpp"
#include "v4l2/ioctl.hpp"
#include "v4l2/probe.hpp"

namespace vsl::v4l2 {

Result<std::unique_ptr<M2mDevice>> M2mDevice::open(const std::string& path) {
  auto opened = std::make_unique<M2mDevice>();
  opened->fd = UniqueFd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!opened->fd) return Error::last("open codec " + path);
  const int fd = opened->fd.get();
  opened->fork_guard.emplace(fd);
  VSL_TRY(opened->device, probe_device(fd, path));
  const Queues queues = queues_of(opened->device.capabilities);
  if (queues.capture == 0 || queues.output == 0) {
    return Error::of(std::errc::not_supported, "open codec " + path + ", which makes nothing of " +
                                                   "what it gets (" + opened->device.card + ")");
  }
  opened->output = {.fd = fd,
                    .path = path,
                    .multiplanar = queues.output == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE,
                    .output = true};
  opened->capture = {.fd = fd,
                     .path = path,
                     .multiplanar = queues.capture == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
                     .output = false};
  return opened;
}

Result<bool> M2mDevice::wait(short events, Patience& patience) const {
  constexpr std::int64_t kMomentNs = 50'000'000, kNapNs = 5'000'000;
  if (patience.is_over()) return false;
  const std::int64_t since_ns = monotonic_ns();
  pollfd asked{.fd = fd.get(), .events = events, .revents = 0};
  timespec moment = to_timespec(std::min(patience.rest_ns_, kMomentNs));
  if (::ppoll(&asked, 1, &moment, nullptr) < 0 && errno != EINTR) {
    return Error::last("wait for " + output.path);
  }
  if ((asked.revents & events) == 0) {
    // A device that is gone wakes nobody up, or everybody at once: so does a queue without buffers.
    v4l2_capability answer{};
    VSL_CHECK(require(fd.get(), VIDIOC_QUERYCAP, &answer, output.path));
    moment = to_timespec(kNapNs);
    if (asked.revents != 0) (void)::ppoll(nullptr, 0, &moment, nullptr);
  }
  patience.rest_ns_ -= std::min(monotonic_ns() - since_ns, kMomentNs);
  return true;
}

Result<bool> M2mDevice::say_last(bool encoder) const {
  v4l2_encoder_cmd stop_encoder{};
  stop_encoder.cmd = V4L2_ENC_CMD_STOP;
  v4l2_decoder_cmd stop_decoder{};
  stop_decoder.cmd = V4L2_DEC_CMD_STOP;
  const unsigned long request = encoder ? VIDIOC_ENCODER_CMD : VIDIOC_DECODER_CMD;
  void* argument = encoder ? static_cast<void*>(&stop_encoder) : &stop_decoder;
  if (call(fd.get(), request, argument) >= 0 || errno == EBUSY) return true;  // busy: doing it
  if (errno == ENOTTY || errno == EINVAL) return false;
  return call_error(request, output.path, "stop");
}

std::optional<std::int64_t> M2mDevice::control(std::uint32_t id) const {
  const auto found = find_control(output, id);
  if (!found) return std::nullopt;
  return found->value;
}

bool M2mDevice::set_nearest(std::uint32_t id, std::int64_t value) const {
  const auto found = find_control(output, id);
  if (!found) return false;
  const bool number = found->type == ControlType::integer;
  const std::int64_t possible =
      number ? std::clamp(value, found->minimum, std::max(found->minimum, found->maximum)) : value;
  return set_control(output, *found, possible).has_value();
}

void M2mDevice::subscribe() const {
  for (const std::uint32_t type : {V4L2_EVENT_SOURCE_CHANGE, V4L2_EVENT_EOS}) {
    v4l2_event_subscription wanted{};
    wanted.type = type;
    (void)call(fd.get(), VIDIOC_SUBSCRIBE_EVENT, &wanted);
  }
}

bool M2mDevice::source_changed() const {
  bool changed = false;
  for (v4l2_event event{}; call(fd.get(), VIDIOC_DQEVENT, &event) >= 0; event = {}) {
    changed |= event.type == V4L2_EVENT_SOURCE_CHANGE &&
               (event.u.src_change.changes & V4L2_EVENT_SRC_CH_RESOLUTION) != 0;
  }
  return changed;
}

}  // namespace vsl::v4l2
