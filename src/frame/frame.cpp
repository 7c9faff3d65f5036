// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/frame.hpp"

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"
#include "base/log.hpp"
#include "media/layout_check.hpp"

namespace vsl {
namespace {

/// Whether the layout fits into the memory that is there.
Result<void> check_memory(const Layout& layout, std::span<const std::shared_ptr<Buffer>> buffers) {
  std::array<std::uint64_t, kMaxPlanes> sizes{};
  if (buffers.size() > sizes.size()) {
    return Error::of(std::errc::invalid_argument,
                     "make a frame of " + std::to_string(buffers.size()) + " buffers (4 at most)");
  }
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i] == nullptr) {
      return Error::of(std::errc::invalid_argument,
                       "make a frame: buffer " + std::to_string(i) + " is missing");
    }
    sizes[i] = buffers[i]->size_bytes();
  }
  return check_layout(layout, {sizes.data(), buffers.size()});
}

Result<void> check_frame(const FrameInfo& info, std::span<const std::shared_ptr<Buffer>> buffers) {
  if (info.damage_count > kMaxDamageRects) {
    return Error::of(std::errc::invalid_argument, "make a frame with " +
                                                      std::to_string(info.damage_count) +
                                                      " damaged rectangles (4 at most)");
  }
  return check_memory(info.layout, buffers);
}

}  // namespace

Result<Frame> Frame::wrap(const FrameInfo& info, std::span<const std::shared_ptr<Buffer>> buffers,
                          std::shared_ptr<FrameOwner> owner, std::uint64_t token) {
  VSL_CHECK(guarded("make a frame", [&] { return check_frame(info, buffers); }));
  Frame frame;
  frame.info_ = info;
  frame.info_.blob_bytes = 0;  // set_blob() brings the bytes
  std::copy(buffers.begin(), buffers.end(), frame.buffers_.begin());
  frame.owner_ = std::move(owner);
  frame.token_ = token;
  return frame;
}

Result<Frame> Frame::allocate(const Layout& layout, const MemoryOptions& options) {
  VSL_CHECK(guarded("allocate a frame", [&]() -> Result<void> {
    // Before memory is taken: a layout that cannot be used asks for any size.
    if (layout.buffer_count == 1) return check_layout(layout, {layout.buffer_bytes.data(), 1});
    return Error::of(std::errc::invalid_argument,
                     "allocate a frame of " + std::to_string(layout.buffer_count) +
                         " buffers (1 is possible; wrap() takes more)");
  }));
  VSL_TRY(const std::shared_ptr<Buffer> buffer, Buffer::allocate(layout.buffer_bytes[0], options));
  return wrap(FrameInfo{.layout = layout}, {&buffer, 1});
}

Frame::Frame(Frame&& other) noexcept { *this = std::move(other); }

[[gnu::hot]] Frame& Frame::operator=(Frame&& other) noexcept {
  if (this == &other) return *this;
  reset();
  // Several times per frame on the way to the readers: no byte is moved that says nothing.
  info_ = other.info_;
  other.info_.layout.buffer_count = other.info_.layout.plane_count = 0;
  for (std::size_t i = 0; i < kMaxPlanes; ++i) buffers_[i] = std::move(other.buffers_[i]);
  std::copy_n(other.blob_.begin(), other.blob().size(), blob_.begin());
  owner_ = std::move(other.owner_);
  token_ = std::exchange(other.token_, 0);
  cpu_access_ = std::exchange(other.cpu_access_, false);
  return *this;
}

Frame::~Frame() { reset(); }

void Frame::reset() noexcept {
  end_cpu_access();
  info_ = FrameInfo{};
  buffers_.fill(nullptr);  // before the owner hears of it: its callback may free what it attached
  const auto owner = std::move(owner_);
  owner_ = nullptr;
  if (owner != nullptr) owner->release_frame(std::exchange(token_, 0));
}

Result<void> Frame::map() {
  if (cpu_access_) return {};
  for (std::size_t i = 0; i < kMaxPlanes && buffers_[i] != nullptr; ++i) {
    VSL_CHECK(buffers_[i]->map());
  }
  for (std::size_t i = 0; i < kMaxPlanes && buffers_[i] != nullptr; ++i) {
    auto begun = buffers_[i]->begin_cpu_access(Access::read_write);
    if (begun) continue;
    while (i-- > 0) (void)buffers_[i]->end_cpu_access(Access::read_write);
    return begun;
  }
  cpu_access_ = buffers_[0] != nullptr;
  return {};
}

std::span<std::byte> Frame::plane(std::size_t index) {
  const Layout& layout = info_.layout;
  // The layout was good when we got it, but info() lets it be changed: nothing is taken on trust.
  const std::uint64_t bytes = layout.plane_bytes(index);
  if (bytes == 0) return {};
  const PlaneLayout& plane = layout.planes[index];
  const Buffer* buffer = buffers_[plane.buffer].get();
  if (buffer == nullptr || !map()) return {};
  const auto memory = buffer->map();
  if (!memory || plane.offset_bytes > memory->size() ||
      bytes > memory->size() - plane.offset_bytes) {
    return {};
  }
  return memory->subspan(plane.offset_bytes, bytes);
}

void Frame::end_cpu_access() noexcept {
  if (!std::exchange(cpu_access_, false)) return;
  for (const auto& buffer : buffers_) {
    if (buffer == nullptr) continue;
    if (auto ended = buffer->end_cpu_access(Access::read_write); !ended) {
      VSL_LOG_DEBUG("the end of CPU access failed", kv("error", ended.error()));
    }
  }
}

Result<void> Frame::set_blob(std::span<const std::byte> blob) {
  if (blob.size() > kMaxBlobBytes) {
    return guarded("attach user bytes", [&]() -> Result<void> {
      return Error::of(std::errc::message_size, "attach " + std::to_string(blob.size()) +
                                                    " user bytes to a frame (" +
                                                    std::to_string(kMaxBlobBytes) + " at most)");
    });
  }
  std::copy(blob.begin(), blob.end(), blob_.begin());
  info_.blob_bytes = static_cast<std::uint32_t>(blob.size());
  return {};
}

}  // namespace vsl
