// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/v4l2m2m/picture_output.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/log.hpp"
#include "media/format_table.hpp"
#include "v4l2/colorimetry.hpp"
#include "v4l2/format_list.hpp"
#include "v4l2/ioctl.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::CaptureQueue;
using v4l2::Dequeued;
using v4l2::M2mDevice;

/// Pictures that readers may hold before the next ones are copied for them.
constexpr std::int64_t kForReaders = 6;

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

}  // namespace

Result<void> PictureOutput::open(const M2mDevice& device) {
  VSL_CHECK(close());
  VSL_TRY(const auto driver, choose_format(device, wanted_));
  VSL_TRY(agreed_, v4l2::agreement_on(device.capture, driver, v4l2::frame_code(driver.pixel_format),
                                      /*coded=*/false));
  joined_ = v4l2::join_buffers(agreed_.layout);
  needed_ = std::max<std::int64_t>(1, device.control(V4L2_CID_MIN_BUFFERS_FOR_CAPTURE).value_or(1));
  CameraOptions wanted;
  wanted.buffers =
      static_cast<std::uint32_t>(std::min<std::int64_t>(needed_ + kForReaders, VIDEO_MAX_FRAME));
  auto queue = CaptureQueue::create(device.capture, agreed_, CameraMemory::mmap, wanted);
  if (!queue) {  // a driver that shares no memory
    queue = CaptureQueue::create(device.capture, agreed_, CameraMemory::copy, wanted);
  }
  VSL_TRY(queue_, std::move(queue));
  return queue_->start();
}

Result<void> PictureOutput::close() {
  const auto queue = std::exchange(queue_, nullptr);
  return queue != nullptr ? queue->close() : Result<void>();
}

Result<void> PictureOutput::restart() {
  VSL_CHECK(queue_->stop());
  return queue_->start();
}

Result<PictureOutput::Taken> PictureOutput::take() {
  auto dequeued = queue_->try_dequeue();
  if (!dequeued) {
    if (dequeued.error().code != std::errc::broken_pipe) return std::move(dequeued).error();
    return Taken{.last = true};
  }
  if (!*dequeued) return Taken{};
  Dequeued& from = **dequeued;
  const bool flawed = (from.flags & V4L2_BUF_FLAG_ERROR) != 0;
  Taken taken{.any = true, .last = (from.flags & V4L2_BUF_FLAG_LAST) != 0};
  from.flags &= ~std::uint32_t{V4L2_BUF_FLAG_ERROR};  // what there is of it is shown
  if (const auto layout = v4l2::layout_of_picture(agreed_, from)) {
    auto picture = picture_of(*layout, from);
    taken.unit = true;
    if (picture) {
      picture->flawed = flawed;
      taken.picture = std::move(*picture);
      return taken;
    }
    VSL_LOG_WARN("a decoded picture is lost", kv("error", picture.error()));
    ++damaged_;
  } else if (flawed) {
    taken.unit = true;
    ++damaged_;
  }
  VSL_CHECK(queue_->give_back(from.index));
  return taken;
}

Result<BackendPicture> PictureOutput::picture_of(const Layout& layout, const Dequeued& taken) {
  constexpr std::int64_t kNsPerUs = 1000;
  FrameInfo info{.layout = layout};
  info.color = v4l2::colorimetry_of(agreed_.driver);
  info.interlace = agreed_.interlace;
  show_part(info);
  VSL_TRY(Frame frame, runs_low() ? copy(info, taken) : wrap(info, taken));
  return BackendPicture{.frame = std::move(frame), .stamp = taken.stamp_ns / kNsPerUs};
}

// Drivers round sizes up at the right and at the bottom.
void PictureOutput::show_part(FrameInfo& info) const {
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
bool PictureOutput::runs_low() const {
  if (queue_->kind() == CameraMemory::copy) return true;
  const auto low = [&] { return queue_->queued() < needed_; };
  if (!low()) return false;
  queue_->feed();
  if (low()) queue_->ask_reclaimers(false);
  if (low()) queue_->ask_reclaimers(true);
  return low();
}

Result<Frame> PictureOutput::wrap(const FrameInfo& info, const Dequeued& taken) {
  std::array<std::shared_ptr<Buffer>, kMaxPlanes> memory;
  const auto& planes = queue_->buffers()[taken.index];
  for (std::uint32_t i = 0; i < queue_->plane_count(); ++i) memory[i] = planes[i].memory;
  return Frame::wrap(info, {memory.data(), queue_->plane_count()}, queue_, taken.index);
}

Result<Frame> PictureOutput::copy(FrameInfo info, const Dequeued& taken) {
  VSL_TRY(const auto block, copies_memory_->take(joined_.bytes));
  for (std::uint32_t i = 0; i < queue_->plane_count(); ++i) {
    auto memory = queue_->map_driver_memory(taken.index, i);
    if (!memory) {
      copies_memory_->give_back(block.token);
      return std::move(memory).error();
    }
    std::memcpy(block.data + joined_.starts[i], memory->data(),
                std::min<std::size_t>(memory->size(), agreed_.layout.buffer_bytes[i]));
  }
  info.layout = v4l2::in_one_buffer(info.layout, joined_);
  VSL_TRY(Frame frame, copies_memory_->wrap(info, block.token));
  VSL_CHECK(queue_->give_back(taken.index));
  ++copies_;
  return frame;
}

}  // namespace vsl::codec::m2m
