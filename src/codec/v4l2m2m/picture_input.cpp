// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/v4l2m2m/picture_input.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "codec/crop.hpp"
#include "codec/v4l2m2m/encoder_formats.hpp"
#include "frame/attach.hpp"
#include "v4l2/capture_buffers.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::M2mDevice;
using v4l2::OutputBytes;
using v4l2::OutputQueue;

constexpr std::uint32_t kUsualBuffers = 4, kMostBuffers = VIDEO_MAX_FRAME;
/// A camera has about so many buffers: each then stays mapped by the device.
constexpr std::uint32_t kLentBuffers = 8;

std::uint32_t buffer_count(const M2mDevice& device, std::uint32_t usual) {
  const std::int64_t least = device.control(V4L2_CID_MIN_BUFFERS_FOR_OUTPUT).value_or(0);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(least + 1, usual, kMostBuffers));
}

/// What a picture is read before the caller gets it back costs nothing only if its packet is
/// waited for anyhow.
bool may_lend(const EncoderSetup& setup) {
  return setup.in_dma_bufs && setup.options.low_latency && setup.options.b_frames == 0;
}

}  // namespace

PictureInput::PictureInput(const EncoderSetup& setup, const v4l2::Agreement& agreed,
                           OutputQueue queue)
    : layout_(agreed.layout),
      queue_(std::move(queue)),
      selected_{0, 0, static_cast<std::int32_t>(setup.width_px),
                static_cast<std::int32_t>(setup.height_px)},
      lends_(queue_.lends()),
      known_(queue_.size()) {}

Result<PictureInput> PictureInput::open(const M2mDevice& device, const EncoderSetup& setup) {
  if (may_lend(setup)) {
    auto lending = open_for_dma_bufs(device, setup);
    if (lending) return lending;
    VSL_LOG_INFO("pictures are copied for the encoder", kv("why", lending.error()));
  }
  VSL_TRY(const auto agreed, agree_on_input(device, setup, InputShape::part));
  VSL_TRY(auto queue,
          OutputQueue::create(device.output, agreed, buffer_count(device, kUsualBuffers)));
  return PictureInput(setup, agreed, std::move(queue));
}

Result<PictureInput> PictureInput::open_for_dma_bufs(const M2mDevice& device,
                                                     const EncoderSetup& setup) {
  VSL_TRY(const auto agreed, agree_on_input(device, setup, InputShape::whole));
  VSL_TRY(auto queue, OutputQueue::create_for_dma_bufs(device.output, agreed,
                                                       buffer_count(device, kLentBuffers)));
  PictureInput input(setup, agreed, std::move(queue));
  auto usable = input.lies_right(setup.picture.layout)
                    ? input.prove()
                    : Error::of(std::errc::not_supported,
                                "use pictures as they lie with " + device.output.path);
  if (usable) return input;
  (void)v4l2::free_buffers(device.output, CameraMemory::dma_buf);
  return std::move(usable).error();
}

/// Any picture may turn out to be one that has to be copied: into memory that the driver takes.
Result<void> PictureInput::prove() {
  VSL_CHECK(staging_.make(layout_));
  OutputBytes bytes = whole_picture(0);
  for (std::uint32_t i = 0; i < layout_.buffer_count; ++i) bytes.memory[i] = staging_.lend(i);
  VSL_CHECK(queue_.queue(0, bytes));
  VSL_CHECK(queue_.stop());
  staging_.drop();  // few need it
  return {};
}

bool PictureInput::lies_right(const Layout& layout) const {
  if (layout.width_px != layout_.width_px || layout.height_px != layout_.height_px ||
      layout.plane_count != layout_.plane_count || layout.modifier != layout_.modifier) {
    return false;
  }
  for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
    const PlaneLayout &has = layout.planes[i], &wanted = layout_.planes[i];
    if (has.buffer != wanted.buffer || has.offset_bytes != wanted.offset_bytes ||
        has.stride_bytes != wanted.stride_bytes) {
      return false;
    }
  }
  return true;
}

bool PictureInput::select(const M2mDevice& device, const Rect& part) {
  if (part == selected_) return true;
  if (select_part(device, part) == part) {
    selected_ = part;
    return true;
  }
  (void)select_part(device, selected_);  // as it was: a driver may have taken another one instead
  return false;
}

OutputBytes PictureInput::whole_picture(std::int64_t stamp) const {
  OutputBytes bytes{.stamp_us = stamp};
  for (std::uint32_t i = 0; i < layout_.buffer_count; ++i) {
    bytes.used[i] = static_cast<std::uint32_t>(layout_.buffer_bytes[i]);
  }
  return bytes;
}

/// False when the picture does not lie in dma-bufs that are large enough.
bool PictureInput::find_memory(RawPicture& picture, OutputBytes& bytes) const {
  for (std::uint32_t i = 0; i < layout_.buffer_count; ++i) {
    const int fd = picture.buffer_fd(i);
    if (fd < 0 || !is_dma_buf(fd)) return false;
    const off_t end = ::lseek(fd, 0, SEEK_END);
    if (end < 0 || static_cast<std::uint64_t>(end) < layout_.buffer_bytes[i]) return false;
    bytes.memory[i] = {fd, static_cast<std::uint32_t>(std::min<off_t>(end, UINT32_MAX))};
  }
  return true;
}

/// The driver keeps mapped what a buffer had last.
std::uint32_t PictureInput::buffer_that_knew(std::uint64_t inode, std::uint32_t otherwise) {
  std::uint32_t found = otherwise;
  for (std::uint32_t i = 0; i < queue_.size(); ++i) {
    if (!queue_.is_free(i)) continue;
    if (known_[i] == inode) return i;
    if (known_[i] == 0 && known_[found] != 0) found = i;
  }
  return found;
}

/// False when the driver does not take the picture's own memory.
bool PictureInput::lend(RawPicture& picture, std::int64_t stamp, std::uint32_t& index) {
  OutputBytes bytes = whole_picture(stamp);
  if (!find_memory(picture, bytes)) return false;
  struct stat status {};
  if (::fstat(bytes.memory[0].fd, &status) != 0) return false;
  index = buffer_that_knew(status.st_ino, index);
  const bool taken = queue_.queue(index, bytes).has_value();
  known_[index] = taken ? status.st_ino : 0;
  return taken;
}

Result<void> PictureInput::copy(RawPicture& picture, const PictureWish& wish, std::uint32_t index) {
  OutputBytes bytes = whole_picture(wish.stamp);
  Layout to = layout_;
  for (std::uint32_t i = 0; i < to.plane_count; ++i) {
    to.planes[i].offset_bytes += plane_offset_of(layout_, i, selected_);
  }
  if (queue_.lends()) {
    known_[index] = 0;
    VSL_CHECK(staging_.make(layout_));
    VSL_CHECK(staging_.fill(picture, wish.crop, to));
    for (std::uint32_t i = 0; i < to.buffer_count; ++i) bytes.memory[i] = staging_.lend(i);
  } else {
    std::array<std::span<std::byte>, kMaxPlanes> memory;
    for (std::uint32_t i = 0; i < to.buffer_count; ++i) memory[i] = queue_.plane(index, i);
    VSL_CHECK(copy_part(picture, wish.crop, to, memory));
  }
  VSL_CHECK(queue_.queue(index, bytes));
  ++copies_;
  return {};
}

Result<std::uint32_t> PictureInput::put(const M2mDevice& device, RawPicture& picture,
                                        const PictureWish& wish, std::uint32_t index) {
  lent_ = queue_.lends();  // also the copy, of which there is one
  const bool can = lends_ && lies_right(picture.info().layout) && select(device, wish.crop);
  if (can && lend(picture, wish.stamp, index)) return index;
  VSL_CHECK(copy(picture, wish, index));
  return index;
}

}  // namespace vsl::codec::m2m
