// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "v4l2/camera_impl.hpp"

namespace vsl {

using v4l2::Dequeued;

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kUsualIntervalNs = kNsPerSecond / 30;
constexpr std::int64_t kShortNapNs = 5'000'000;
// A driver that reports an I/O error may recover by itself; one that does so thrice in a row does
// not. Source: VIDIOC_DQBUF, EIO.
constexpr int kIoErrorsInARow = 3;

std::int64_t interval_ns(const FrameInterval& interval) {
  if (interval.denominator == 0 || interval.numerator == 0) return kUsualIntervalNs;
  const std::int64_t ns = kNsPerSecond * interval.numerator / interval.denominator;
  return std::clamp<std::int64_t>(ns, kShortNapNs, kNsPerSecond);
}

/// poll(2) of one descriptor. Errors: interrupted; errno.
Result<short> poll_one(int fd, short events, std::int64_t timeout_ns) {
  pollfd asked{.fd = fd, .events = events, .revents = 0};
  const timespec timeout = to_timespec(timeout_ns);
  if (::ppoll(&asked, 1, &timeout, nullptr) >= 0) return asked.revents;
  return Error::last("wait for a picture");
}

}  // namespace

Result<std::optional<Frame>> Camera::Impl::capture(std::int64_t deadline_ns) {
  for (;;) {
    VSL_TRY(const auto picture, next_picture(deadline_ns));
    if (!picture) return std::optional<Frame>();
    auto frame = pool_ ? copy(*picture) : wrap(*picture);
    if (!frame) continue;
    ++stats.captured;
    return frame;
  }
}

Result<std::optional<Dequeued>> Camera::Impl::next_picture(std::int64_t deadline_ns) {
  if (!streaming_) {
    return Error::of(std::errc::operation_not_permitted,
                     "capture from " + node_.path + ", which is not started");
  }
  for (;;) {
    keep_fed();
    VSL_TRY(auto picture, try_picture());
    if (picture) return picture;
    if (monotonic_ns() >= deadline_ns) return std::optional<Dequeued>();
    VSL_CHECK(wait(deadline_ns));
  }
}

Result<std::optional<Dequeued>> Camera::Impl::try_picture() {
  for (std::uint32_t i = 0; i < format.buffers; ++i) {  // damaged ones are not handed out
    auto picture = queue->try_dequeue();
    if (!picture) {
      VSL_CHECK(tolerate(std::move(picture).error()));
      return std::optional<Dequeued>();
    }
    if (!*picture) return picture;
    io_errors_ = 0;
    if (accept(**picture)) return picture;
    // Refused: the queue keeps it, and feed() offers it again.
    (void)queue->give_back((*picture)->index);
  }
  return std::optional<Dequeued>();
}

/// Counts a picture. False when it is damaged.
bool Camera::Impl::accept(const Dequeued& picture) {
  sequence = tracker_.next(picture.sequence);
  stats.driver_dropped += tracker_.missed();
  if (tracker_.repeated()) ++stats.repeated_sequences;
  if (v4l2::layout_of_picture(agreed_, picture)) return true;
  ++stats.damaged;
  return false;
}

Result<void> Camera::Impl::tolerate(Error error) {
  if (error.code != std::errc::io_error || ++io_errors_ > kIoErrorsInARow) {
    if (error.code == std::errc::io_error)
      error.where += ": stop and start it, or look at the cable";
    return error;
  }
  return {};
}

Result<void> Camera::Impl::wait(std::int64_t deadline_ns) {
  const std::int64_t rest_ns = deadline_ns - monotonic_ns();
  if (rest_ns <= 0) return {};
  // Without a buffer the driver has nothing to say but that it is gone. With few it may be waiting
  // for more.
  const std::uint32_t queued = queue->queued();
  const bool may_deliver = queued > 0 && io_errors_ == 0;
  const std::int64_t most_ns = may_deliver ? interval_ns(agreed_.interval) : kShortNapNs;
  const bool patient = may_deliver && queued == format.buffers;
  VSL_TRY(const short events, poll_one(node_.fd, may_deliver ? POLLIN : 0,
                                       patient ? rest_ns : std::min(rest_ns, most_ns)));
  // DQBUF says what is wrong. Should it not know, this must not become a busy loop.
  if ((events & (POLLERR | POLLHUP)) != 0 && (events & POLLIN) == 0) {
    VSL_TRY(auto picture, poll_one(-1, 0, std::min(rest_ns, kShortNapNs)));
    (void)picture;
  }
  return {};
}

/// Gives the driver what is to be had when it runs low: first what nobody holds, then what hosts
/// can take back from readers.
void Camera::Impl::keep_fed() {
  constexpr std::uint32_t kLow = 2;
  constexpr std::uint32_t kManyBuffers = 4;
  const std::uint32_t low = format.buffers >= kManyBuffers ? kLow : 1;
  const auto runs_low = [&] { return queue->queued() < low; };
  if (queue->queued() < format.buffers) queue->feed();
  if (!runs_low()) {
    starving_ = false;
    return;
  }
  const std::int64_t now_ns = monotonic_ns();
  if (now_ns < ask_again_ns_) return;
  queue->ask_reclaimers(false);
  if (runs_low()) queue->ask_reclaimers(true);
  if (!runs_low()) return;
  ask_again_ns_ = now_ns + interval_ns(agreed_.interval);
  if (queue->queued() > 0 || std::exchange(starving_, true)) return;
  ++stats.starved;
}

FrameInfo Camera::Impl::describe(const Dequeued& picture) const {
  FrameInfo info;
  info.layout = v4l2::layout_of_picture(agreed_, picture).value_or(Layout{});
  info.color = format.color;
  info.crop = agreed_.crop;
  info.interlace = agreed_.interlace;
  info.key_frame = agreed_.coded && (picture.flags & V4L2_BUF_FLAG_KEYFRAME) != 0;
  info.source_sequence = sequence;
  info.times.dequeued_ns = monotonic_ns();
  const auto stamp = v4l2::stamp_of(picture, info.times.dequeued_ns, clock_ns(CLOCK_REALTIME));
  info.times.captured_ns = stamp.ns;
  info.clocks = stamp.realtime ? 1 : 0;
  return info;
}

std::optional<Frame> Camera::Impl::wrap(const Dequeued& picture) {
  std::array<std::shared_ptr<Buffer>, kMaxPlanes> memory;
  const auto& planes = queue->buffers()[picture.index];
  for (std::uint32_t i = 0; i < queue->plane_count(); ++i) memory[i] = planes[i].memory;
  auto frame =
      Frame::wrap(describe(picture), {memory.data(), queue->plane_count()}, queue, picture.index);
  if (frame) return std::move(*frame);
  ++stats.damaged;  // the driver's offsets lead outside its buffer
  (void)queue->give_back(picture.index);
  return std::nullopt;
}

std::optional<Frame> Camera::Impl::copy(const Dequeued& picture) {
  auto frame = pool_->acquire();
  if (!frame) {
    ++stats.starved;  // readers have every buffer: this picture is lost
  } else {
    FrameInfo info = describe(picture);
    info.layout = v4l2::in_one_buffer(info.layout, joined_);
    frame->info() = info;
    copy_bytes(picture, *frame);
    ++stats.copies;
  }
  (void)queue->give_back(picture.index);
  if (!frame) return std::nullopt;
  return std::move(*frame);
}

void Camera::Impl::copy_bytes(const Dequeued& picture, const Frame& frame) {
  const auto memory = frame.buffer(0)->map();
  VSL_ASSERT(memory.has_value());  // a pool's buffers are mapped from the start
  const auto& planes = queue->buffers()[picture.index];
  for (std::uint32_t i = 0; i < queue->plane_count(); ++i) {
    const std::uint64_t bytes =
        std::min<std::uint64_t>(picture.bytes_used[i], agreed_.layout.buffer_bytes[i]);
    std::memcpy(memory->data() + joined_.starts[i], planes[i].driver_map.data(), bytes);
  }
}

}  // namespace vsl
