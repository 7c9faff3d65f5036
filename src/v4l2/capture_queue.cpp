// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/capture_queue.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace vsl::v4l2 {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

Dequeued describe(BufferRequest& request, std::uint32_t planes) {
  Dequeued picture{.index = request->index,
                   .sequence = request->sequence,
                   .flags = request->flags,
                   .stamp_ns = std::int64_t{request->timestamp.tv_sec} * kNsPerSecond +
                               std::int64_t{request->timestamp.tv_usec} * 1000};
  for (std::uint32_t i = 0; i < planes; ++i) {
    picture.bytes_used[i] = request.bytes_used(i);
    picture.data_offset[i] = request.data_offset(i);
  }
  return picture;
}

}  // namespace

Result<std::shared_ptr<CaptureQueue>> CaptureQueue::create(const Node& node,
                                                           const Agreement& agreed,
                                                           CameraMemory kind,
                                                           const CameraOptions& wanted) {
  VSL_TRY(auto buffers, set_up_buffers(node, agreed, kind, wanted));
  auto queue =
      std::make_shared<CaptureQueue>(node, kind, agreed.layout.buffer_count, std::move(buffers));
  VSL_CHECK(queue->prove());
  return queue;
}

CaptureQueue::CaptureQueue(Node node, CameraMemory kind, std::uint32_t planes,
                           std::vector<CaptureBuffer> buffers)
    : kind_(kind),
      planes_(planes),
      buffers_(std::move(buffers)),
      node_(std::move(node)),
      holders_(buffers_.size(), Holder::nobody) {}

CaptureQueue::~CaptureQueue() {
  if (auto closed = close(); !closed) {
    VSL_LOG_DEBUG("a camera's buffers could not be freed", kv("error", closed.error()));
  }
}

/// Whether the driver takes memory of ours is only known when it gets some.
Result<void> CaptureQueue::prove() {
  if (kind_ == CameraMemory::mmap || kind_ == CameraMemory::copy) return {};
  const std::lock_guard lock(mutex_);
  const auto taken = queue_locked(0);
  VSL_CHECK(stop_locked());
  if (taken) return {};
  return Error::of(std::errc::not_supported, "capture into memory of ours with " + node_.path +
                                                 " (" + taken.error().message() + ")");
}

Result<void> CaptureQueue::queue_locked(std::uint32_t index) {
  BufferRequest request(node_, v4l2_memory(kind_), index);
  request.set_plane_count(planes_);
  for (std::uint32_t i = 0; i < planes_; ++i) {
    const CapturePlane& plane = buffers_[index][i];
    if (kind_ == CameraMemory::dma_buf) {
      request.set_memory(i, plane.memory->fd(), plane.bytes);
    } else if (kind_ == CameraMemory::userptr) {
      VSL_TRY(const auto bytes, plane.memory->map());
      request.set_memory(i, bytes.data(), plane.bytes);
    }
  }
  VSL_CHECK(
      require(node_.fd, VIDIOC_QBUF, request.get(), node_.path, "buffer " + std::to_string(index)));
  holders_[index] = Holder::driver;
  ++queued_;
  return {};
}

Result<void> CaptureQueue::start() {
  const std::lock_guard lock(mutex_);
  if (streaming_) return {};
  std::uint32_t type = node_.buffer_type();
  auto started = [&]() -> Result<void> {
    for (std::uint32_t i = 0; i < holders_.size(); ++i) {
      if (holders_[i] == Holder::nobody) VSL_CHECK(queue_locked(i));
    }
    return require(node_.fd, VIDIOC_STREAMON, &type, node_.path);
  }();
  if (!started) {
    (void)stop_locked();  // gives back what the driver has got already
    return started;
  }
  streaming_ = true;
  return {};
}

Result<void> CaptureQueue::stop_locked() {
  streaming_ = false;
  std::uint32_t type = node_.buffer_type();
  auto stopped = require(node_.fd, VIDIOC_STREAMOFF, &type, node_.path);
  // A device that is gone has none of them either.
  std::replace(holders_.begin(), holders_.end(), Holder::driver, Holder::nobody);
  queued_ = 0;
  return stopped;
}

Result<void> CaptureQueue::stop() {
  const std::lock_guard lock(mutex_);
  if (node_.fd < 0 || !streaming_) return {};
  return stop_locked();
}

Result<void> CaptureQueue::close() {
  const std::lock_guard lock(mutex_);
  if (node_.fd < 0) return {};
  if (streaming_) (void)stop_locked();
  // Our own shares of the memory first: an old kernel frees nothing that is still in use.
  buffers_.clear();
  auto freed = free_buffers(node_, kind_);
  node_.fd = -1;
  return freed;
}

Result<std::optional<Dequeued>> CaptureQueue::try_dequeue() {
  const std::lock_guard lock(mutex_);
  BufferRequest request(node_, v4l2_memory(kind_));
  if (call(node_.fd, VIDIOC_DQBUF, request.get()) < 0) {
    if (errno == EAGAIN) return std::optional<Dequeued>();
    return call_error(VIDIOC_DQBUF, node_.path);
  }
  if (request->index >= holders_.size() || holders_[request->index] != Holder::driver) {
    return Error::of(std::errc::protocol_error, "VIDIOC_DQBUF on " + node_.path + ": buffer " +
                                                    std::to_string(request->index) +
                                                    ", which the driver has not");
  }
  holders_[request->index] = Holder::frame;
  --queued_;
  return std::optional(describe(request, planes_));
}

Result<void> CaptureQueue::give_back(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  if (index >= holders_.size() || holders_[index] != Holder::frame) {
    return Error::of(std::errc::invalid_argument, "give buffer " + std::to_string(index) +
                                                      " back to " + node_.path + ": it is not out");
  }
  holders_[index] = Holder::nobody;
  return streaming_ ? queue_locked(index) : Result<void>();
}

void CaptureQueue::feed() {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; streaming_ && i < holders_.size(); ++i) {
    if (holders_[i] == Holder::nobody) (void)queue_locked(i);  // the next call offers it again
  }
}

std::uint32_t CaptureQueue::queued() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

Result<std::span<std::byte>> CaptureQueue::map_driver_memory(std::uint32_t index,
                                                             std::uint32_t plane) {
  CapturePlane& memory = buffers_[index][plane];
  if (!memory.driver_map) {
    VSL_TRY(memory.driver_map,
            Mapping::map(node_.fd, memory.bytes,
                         {.mode = Mapping::Mode::read_write, .offset_bytes = memory.map_offset}));
  }
  return memory.driver_map.bytes();
}

void CaptureQueue::ask_reclaimers(bool starving) noexcept {
  reclaimers_.ask(this, starving, [this] { return queued() > 0; });
}

void CaptureQueue::release_frame(std::uint64_t token) noexcept {
  auto given = give_back(static_cast<std::uint32_t>(token));
  if (!given) VSL_LOG_DEBUG("a buffer was not taken", kv("error", given.error()));
}

std::uint32_t CaptureQueue::pool_buffers() const noexcept {
  return static_cast<std::uint32_t>(holders_.size());
}

void CaptureQueue::add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) {
  reclaimers_.add(std::move(reclaimer));
}

}  // namespace vsl::v4l2
