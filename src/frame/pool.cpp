// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/pool.hpp"

#include <mutex>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/guarded.hpp"
#include "frame/allocate.hpp"
#include "frame/reclaimers.hpp"

namespace vsl {
namespace {

constexpr std::uint32_t kFewestBuffers = 4;
constexpr std::uint32_t kMostBuffers = 64;

Result<Layout> pool_layout(const PoolOptions& options) {
  if (options.opaque_bytes == 0) {
    return Layout::packed(options.format, options.width_px, options.height_px,
                          options.stride_align);
  }
  return Layout::opaque(options.format, options.width_px, options.height_px, options.opaque_bytes);
}

}  // namespace

/// Lives until the Pool and the last of its frames are gone.
struct Pool::Impl final : FrameOwner, std::enable_shared_from_this<Pool::Impl> {
  Impl(const Layout& layout, std::vector<std::shared_ptr<Buffer>> memory);

  Result<Frame> acquire();
  void release_frame(std::uint64_t token) noexcept override;
  std::uint32_t pool_buffers() const noexcept override;
  void add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) override;
  PoolStats stats() noexcept;

  const FrameInfo info;  ///< what every frame starts with
  const std::vector<std::shared_ptr<Buffer>> buffers;

 private:
  bool try_take(std::uint32_t& index) noexcept;
  bool any_free() noexcept;

  std::mutex mutex_;  ///< leaf: nothing else is locked and no system call made under it
  /// A stack of the indices that are free: the one used last has its pages in the caches.
  std::array<std::uint32_t, kMostBuffers> free_{};
  std::uint32_t free_count_ = 0;
  std::uint64_t acquired_ = 0, starved_ = 0;
  Reclaimers reclaimers_;
};

Pool::Impl::Impl(const Layout& layout, std::vector<std::shared_ptr<Buffer>> memory)
    : info{.layout = layout}, buffers(std::move(memory)) {
  // Filled from the end, so that frames come in the order of the buffers.
  for (auto i = static_cast<std::uint32_t>(buffers.size()); i > 0; --i)
    free_[free_count_++] = i - 1;
}

bool Pool::Impl::try_take(std::uint32_t& index) noexcept {
  const std::lock_guard lock(mutex_);
  if (free_count_ == 0) return false;
  index = free_[--free_count_];
  ++acquired_;
  return true;
}

bool Pool::Impl::any_free() noexcept {
  const std::lock_guard lock(mutex_);
  return free_count_ > 0;
}

Result<Frame> Pool::Impl::acquire() {
  const auto has_free = [this] { return any_free(); };
  reclaimers_.ask(this, false, has_free);
  std::uint32_t index = 0;
  bool taken = try_take(index);
  if (!taken) {
    reclaimers_.ask(this, true, has_free);
    taken = try_take(index);
  }
  if (taken) {
    auto frame = Frame::wrap(info, {&buffers[index], 1}, shared_from_this(), index);
    VSL_ASSERT(frame.has_value());  // create() wrapped each buffer once
    return frame;
  }
  {
    const std::lock_guard lock(mutex_);
    ++starved_;
  }
  return Error::of(std::errc::no_buffer_space, "acquire a " + std::to_string(info.layout.width_px) +
                                                   "x" + std::to_string(info.layout.height_px) +
                                                   " " + info.layout.fourcc.to_string() +
                                                   " frame: all " + std::to_string(buffers.size()) +
                                                   " buffers are written, published or held");
}

void Pool::Impl::release_frame(std::uint64_t token) noexcept {
  const std::lock_guard lock(mutex_);
  VSL_ASSERT(token < buffers.size() && free_count_ < buffers.size());
  free_[free_count_++] = static_cast<std::uint32_t>(token);
}

std::uint32_t Pool::Impl::pool_buffers() const noexcept {
  return static_cast<std::uint32_t>(buffers.size());
}

void Pool::Impl::add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) {
  reclaimers_.add(std::move(reclaimer));
}

PoolStats Pool::Impl::stats() noexcept {
  const std::lock_guard lock(mutex_);
  return {
      .acquired = acquired_, .starved = starved_, .buffers = pool_buffers(), .free = free_count_};
}

namespace {

Result<std::shared_ptr<Pool::Impl>> make_pool(const PoolOptions& options) {
  if (options.buffers < kFewestBuffers || options.buffers > kMostBuffers) {
    return Error::of(
        std::errc::invalid_argument,
        "create a pool of " + std::to_string(options.buffers) + " buffers (4 to 64 are possible)");
  }
  VSL_TRY(const Layout layout, pool_layout(options));
  VSL_TRY(auto buffers, allocate_alike(options.buffers, layout.buffer_bytes[0], options.memory));
  for (const auto& buffer : buffers) {
    VSL_CHECK(Frame::wrap({.layout = layout}, {&buffer, 1}));
  }
  return std::make_shared<Pool::Impl>(layout, std::move(buffers));
}

}  // namespace

Result<Pool> Pool::create(const PoolOptions& options) {
  return guarded("create a pool", [&]() -> Result<Pool> {
    VSL_TRY(auto impl, make_pool(options));
    return Pool(std::move(impl));
  });
}

Result<Frame> Pool::acquire() {
  return guarded("acquire a frame", [&] { return impl_->acquire(); });
}

const Layout& Pool::layout() const noexcept { return impl_->info.layout; }

PoolStats Pool::stats() const noexcept { return impl_->stats(); }

}  // namespace vsl
