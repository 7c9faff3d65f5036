// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "codec/frame_memory.hpp"
#include "codec/v4l2m2m/devices.hpp"
#include "media/format_table.hpp"
#include "v4l2/colorimetry.hpp"
#include "v4l2/format_list.hpp"
#include "v4l2/ioctl.hpp"
#include "v4l2/output_queue.hpp"
#include "v4l2/picture.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::Agreement;
using v4l2::CaptureQueue;
using v4l2::Dequeued;
using v4l2::M2mDevice;
using v4l2::OutputQueue;

/// Units of this size fit; larger ones go in pieces, which most drivers take.
constexpr std::uint32_t kUnitBytes = 2U << 20;
constexpr std::uint32_t kUnitBuffers = 4;
/// Pictures that readers may hold before the next ones are copied for them.
constexpr std::int64_t kForReaders = 6;
/// A decoder that has said nothing for so long after the last unit found no beginning in it.
constexpr std::int64_t kPatienceNs = 2'000'000'000;

/// Pictures whose bytes others can read, in the format that is wanted if any is; else in the one
/// the driver prefers.
Result<v4l2::DriverFormat> choose_format(const M2mDevice& device, Fourcc wanted) {
  VSL_TRY(const auto current, v4l2::current_format(device.capture));
  const auto fits = [&](Fourcc code) {
    const Fourcc name = v4l2::frame_code(code);
    return wanted != Fourcc{} ? name == wanted : find_format(name) != nullptr;
  };
  if (fits(current.pixel_format)) return current;
  const auto ask = [&](unsigned long request, void* argument) {
    return v4l2::call(device.fd.get(), request, argument);
  };
  for (const auto& format : v4l2::list_formats(ask, device.capture.buffer_type())) {
    if (fits(format.fourcc)) {
      return v4l2::set_format(device.capture, {.pixel_format = format.fourcc,
                                               .width_px = current.width_px,
                                               .height_px = current.height_px});
    }
  }
  return Error::of(std::errc::not_supported, "decode with " + device.capture.path + " into " +
                                                 current.pixel_format.to_string() +
                                                 " and whatever else it gives");
}

class M2mDecoder final : public DecoderBackend {
 public:
  static Result<std::unique_ptr<DecoderBackend>> open(const DecoderOptions& options) {
    VSL_TRY(auto device, open_device(options.codec, false));
    v4l2::DriverFormat coded{.pixel_format = options.codec, .plane_count = 1};
    coded.planes[0].size_bytes = kUnitBytes;
    VSL_TRY(const auto driver, v4l2::set_format(device->output, coded));
    VSL_TRY(const auto agreed,
            v4l2::agreement_on(device->output, driver, options.codec, /*coded=*/true));
    device->subscribe();
    VSL_TRY(auto units, OutputQueue::create(device->output, agreed, kUnitBuffers));
    VSL_CHECK(units.start());
    return std::unique_ptr<DecoderBackend>(
        new M2mDecoder(std::move(device), std::move(units), options));
  }

  ~M2mDecoder() override {
    (void)units_.stop();
    if (pictures_ != nullptr) (void)pictures_->close();  // frames that are out keep their memory
  }

  Result<void> send(std::span<const std::byte> unit, std::int64_t stamp) override {
    while (!unit.empty()) {
      VSL_TRY(const std::uint32_t index, wait_for_room());
      const auto memory = units_.plane(index, 0);
      const std::size_t bytes = std::min(unit.size(), memory.size());
      std::memcpy(memory.data(), unit.data(), bytes);
      v4l2::OutputBytes queued{.stamp_us = stamp};
      queued.used[0] = static_cast<std::uint32_t>(bytes);
      VSL_CHECK(units_.queue(index, queued));
      unit = unit.subspan(bytes);
    }
    ++inside_;
    return {};
  }

  Result<void> drain() override {
    draining_ = true;
    return {};
  }

  Result<void> reset() override {
    ready_.clear();
    VSL_CHECK(units_.stop());
    if (pictures_ != nullptr) {
      VSL_CHECK(pictures_->stop());
      VSL_CHECK(pictures_->start());
    }
    draining_ = stop_said_ = ended_ = last_seen_ = false;
    inside_ = 0;
    return units_.start();
  }

  Result<std::optional<BackendPicture>> receive() override {
    if (!ready_.empty()) {
      auto picture = std::move(ready_.front());
      ready_.pop_front();
      return std::optional(std::move(picture));
    }
    const std::int64_t since_ns = monotonic_ns();
    while (!ended_) {
      VSL_TRY(auto picture, step());
      if (picture || ended_) return picture;
      const bool room = units_.find_free().has_value();
      if (!draining_ && room && may_keep()) break;
      VSL_TRY(const bool go_on, wait(room, since_ns));
      if (!go_on) break;
    }
    return std::optional<BackendPicture>();
  }

  std::string name() const override { return device_->device.card; }
  DecoderCounts counts() const override {
    return {damaged_, copies_, pictures_ != nullptr ? pictures_->pool_buffers() : 0};
  }

 private:
  M2mDecoder(std::unique_ptr<M2mDevice> device, OutputQueue units, const DecoderOptions& options)
      : device_(std::move(device)),
        units_(std::move(units)),
        low_latency_(options.low_latency),
        wanted_(options.format) {}

  bool may_keep() const { return !low_latency_ || inside_ <= kept_; }

  // False when there is nothing to wait for.
  Result<bool> wait(bool room, std::int64_t since_ns) {
    const bool no_stream = pictures_ == nullptr && units_.idle();
    const bool may_want_more = (!draining_ && room) || (draining_ && pictures_ == nullptr);
    if (draining_ && no_stream && inside_ == 0) {
      ended_ = true;
      return false;
    }
    const auto events =
        static_cast<short>(POLLPRI | (pictures_ != nullptr ? POLLIN : 0) | (room ? 0 : POLLOUT));
    VSL_TRY(const bool moved,
            device_->wait(events, since_ns + (may_want_more ? kPatienceNs : kDeviceLimitNs)));
    if (moved) return true;
    if (!may_want_more) return hangs();
    kept_ = inside_;
    ended_ = draining_;
    return false;
  }

  Result<std::uint32_t> wait_for_room() {
    const std::int64_t deadline_ns = monotonic_ns() + kDeviceLimitNs;
    for (;;) {
      VSL_TRY(auto picture, step());
      if (picture) ready_.push_back(std::move(*picture));
      if (const auto index = units_.find_free()) return *index;
      if (picture) continue;
      VSL_TRY(const bool moved, device_->wait(POLLIN | POLLOUT | POLLPRI, deadline_ns));
      if (!moved) return hangs();
    }
  }

  // What can be done without waiting: takes a picture, a new size, the end.
  Result<std::optional<BackendPicture>> step() {
    VSL_CHECK(units_.reclaim());
    for (;;) {
      changed_ |= device_->source_changed();
      if (changed_ && (pictures_ == nullptr || last_seen_)) VSL_CHECK(begin_size());
      if (pictures_ == nullptr) return std::optional<BackendPicture>();
      VSL_CHECK(say_last());
      VSL_TRY(auto picture, take_picture());
      if (picture) return picture;
      if (!last_seen_) return std::optional<BackendPicture>();
      changed_ |= device_->source_changed();
      if (changed_) continue;
      ended_ = draining_;
      return std::optional<BackendPicture>();
    }
  }

  // A decoder that has no pictures' size yet forgets that it was to stop.
  Result<void> say_last() {
    if (!draining_ || stop_said_) return {};
    stop_said_ = true;
    VSL_TRY(const bool known, device_->say_last(/*encoder=*/false));
    if (known) return {};
    return Error::of(std::errc::not_supported,
                     "drain " + device_->output.path + ", whose driver cannot");
  }

  Result<void> begin_size() {
    changed_ = last_seen_ = stop_said_ = false;
    if (const auto old = std::exchange(pictures_, nullptr)) VSL_CHECK(old->close());
    VSL_TRY(const auto driver, choose_format(*device_, wanted_));
    VSL_TRY(agreed_, v4l2::agreement_on(device_->capture, driver,
                                        v4l2::frame_code(driver.pixel_format), /*coded=*/false));
    joined_ = v4l2::join_buffers(agreed_.layout);
    needed_ =
        std::max<std::int64_t>(1, device_->control(V4L2_CID_MIN_BUFFERS_FOR_CAPTURE).value_or(1));
    CameraOptions wanted;
    wanted.buffers =
        static_cast<std::uint32_t>(std::min<std::int64_t>(needed_ + kForReaders, VIDEO_MAX_FRAME));
    auto queue = CaptureQueue::create(device_->capture, agreed_, CameraMemory::mmap, wanted);
    if (!queue) {  // a driver that shares no memory
      queue = CaptureQueue::create(device_->capture, agreed_, CameraMemory::copy, wanted);
    }
    VSL_TRY(pictures_, std::move(queue));
    return pictures_->start();
  }

  Result<std::optional<BackendPicture>> take_picture() {
    for (;;) {
      auto dequeued = pictures_->try_dequeue();
      if (!dequeued) {
        if (dequeued.error().code != std::errc::broken_pipe) return std::move(dequeued).error();
        last_seen_ = true;
        return std::optional<BackendPicture>();
      }
      if (!*dequeued) return std::optional<BackendPicture>();
      if (((*dequeued)->flags & V4L2_BUF_FLAG_LAST) != 0) last_seen_ = true;
      auto picture = picture_of(**dequeued);
      if (picture) return picture;
      VSL_CHECK(pictures_->give_back((*dequeued)->index));
      if (last_seen_) return std::optional<BackendPicture>();
    }
  }

  std::optional<BackendPicture> picture_of(Dequeued taken) {
    constexpr std::int64_t kNsPerUs = 1000;
    const bool flawed = (taken.flags & V4L2_BUF_FLAG_ERROR) != 0;
    taken.flags &= ~std::uint32_t{V4L2_BUF_FLAG_ERROR};  // what there is of it is shown
    const auto layout = v4l2::layout_of_picture(agreed_, taken);
    if (!layout) {
      damaged_ += flawed ? 1 : 0;
      inside_ -= flawed && inside_ > 0 ? 1 : 0;
      return std::nullopt;
    }
    FrameInfo info{.layout = *layout};
    info.color = v4l2::colorimetry_of(agreed_.driver);
    info.interlace = agreed_.interlace;
    show_part(info);
    auto frame = runs_low() ? copy(info, taken) : wrap(info, taken);
    if (!frame) {
      VSL_LOG_WARN("a decoded picture is lost", kv("error", frame.error()));
      ++damaged_;
      return std::nullopt;
    }
    inside_ -= inside_ > 0 ? 1 : 0;
    return BackendPicture{std::move(*frame), taken.stamp_ns / kNsPerUs, flawed};
  }

  // Drivers round sizes up at the right and at the bottom.
  void show_part(FrameInfo& info) const {
    const Rect& part = agreed_.crop;
    if (part.width == 0) return;
    if (part.x != 0 || part.y != 0) {
      info.crop = part;
      return;
    }
    info.layout.width_px = static_cast<std::uint32_t>(part.width);
    info.layout.height_px = static_cast<std::uint32_t>(part.height);
  }

  // Readers have so many that the decoder would stop.
  bool runs_low() const {
    if (pictures_->kind() == CameraMemory::copy) return true;
    const auto low = [&] { return pictures_->queued() < needed_; };
    if (!low()) return false;
    pictures_->feed();
    if (low()) pictures_->ask_reclaimers(false);
    if (low()) pictures_->ask_reclaimers(true);
    return low();
  }

  Result<Frame> wrap(const FrameInfo& info, const Dequeued& taken) {
    std::array<std::shared_ptr<Buffer>, kMaxPlanes> memory;
    const auto& planes = pictures_->buffers()[taken.index];
    for (std::uint32_t i = 0; i < pictures_->plane_count(); ++i) memory[i] = planes[i].memory;
    return Frame::wrap(info, {memory.data(), pictures_->plane_count()}, pictures_, taken.index);
  }

  Result<Frame> copy(FrameInfo info, const Dequeued& taken) {
    VSL_TRY(const auto block, copies_memory_->take(joined_.bytes));
    for (std::uint32_t i = 0; i < pictures_->plane_count(); ++i) {
      auto memory = pictures_->map_driver_memory(taken.index, i);
      if (!memory) {
        copies_memory_->give_back(block.token);
        return std::move(memory).error();
      }
      std::memcpy(block.data + joined_.starts[i], memory->data(),
                  std::min<std::size_t>(memory->size(), agreed_.layout.buffer_bytes[i]));
    }
    info.layout = v4l2::in_one_buffer(info.layout, joined_);
    VSL_TRY(Frame frame, copies_memory_->wrap(info, block.token));
    VSL_CHECK(pictures_->give_back(taken.index));
    ++copies_;
    return frame;
  }

  Error hangs() const {
    return Error::of(std::errc::timed_out, "wait for the decoder " + device_->output.path +
                                               ", which does nothing any more");
  }

  std::unique_ptr<M2mDevice> device_;
  OutputQueue units_;
  const bool low_latency_;
  const Fourcc wanted_;                     ///< of pictures; none: any
  std::shared_ptr<CaptureQueue> pictures_;  ///< null until the stream told its size
  Agreement agreed_;
  v4l2::JoinedBuffers joined_;
  std::shared_ptr<FrameMemory> copies_memory_ = std::make_shared<FrameMemory>();
  std::deque<BackendPicture> ready_;  ///< that came while there was no room
  std::int64_t needed_ = 1;           ///< buffers without which the decoder stops
  std::uint64_t damaged_ = 0, copies_ = 0;
  std::uint32_t inside_ = 0;  ///< units of which no picture came yet
  std::uint32_t kept_ = 0;    ///< so many the decoder keeps until it gets more
  bool changed_ = false;      ///< a new size comes after the last picture of the old one
  bool last_seen_ = false, draining_ = false, stop_said_ = false, ended_ = false;
};

}  // namespace

Result<std::unique_ptr<DecoderBackend>> open_decoder(const DecoderOptions& options) {
  return M2mDecoder::open(options);
}

}  // namespace vsl::codec::m2m
