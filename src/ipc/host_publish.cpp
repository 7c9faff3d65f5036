// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <cstring>

#include "base/cache_lines.hpp"
#include "base/clock.hpp"
#include "ipc/host_impl.hpp"
#include "ipc/layout_of.hpp"
#include "media/layout_check.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl {

namespace v2 = wire::v2;

namespace {

bool has_memory(const Frame& frame) {
  const std::uint32_t count = frame.info().layout.buffer_count;
  if (count == 0 || count > kMaxPlanes) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (frame.buffer(i) == nullptr) return false;
  }
  return true;
}

v2::Description describe(const FrameInfo& info, const PublishRequest& request) {
  v2::Description d{};
  const Layout& layout = info.layout;
  d.fourcc = layout.fourcc.code;
  d.width_px = layout.width_px;
  d.height_px = layout.height_px;
  d.flags = (info.key_frame ? v2::kFlagKeyFrame : 0) |
            (request.folded_stride ? v2::kFlagFoldedStride : 0) |
            (info.interlace & 3U) << v2::kFlagInterlaceShift |
            (info.fields & 3U) << v2::kFlagFieldsShift |
            std::min<std::uint32_t>(info.damage_count, kMaxDamageRects) << v2::kFlagDamageShift;
  d.modifier = layout.modifier;
  d.pts_ns = info.times.pts_ns;
  d.expires_ns = request.expires_ns;
  d.plane_count = static_cast<std::uint8_t>(layout.plane_count);
  d.buffer_count = static_cast<std::uint8_t>(layout.buffer_count);
  d.primaries = info.color.primaries;
  d.transfer = info.color.transfer;
  d.matrix = info.color.matrix;
  d.range = info.color.range;
  d.chroma_site = info.color.chroma_site;
  d.rotation = static_cast<std::uint8_t>(info.rotation);
  for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
    d.planes[i] = {layout.planes[i].offset_bytes, layout.planes[i].stride_bytes,
                   layout.planes[i].buffer};
  }
  return d;
}

v2::Details details_of(const Frame& frame) {
  const FrameInfo& info = frame.info();
  v2::Details d;  // the blob behind blob_bytes stays unwritten, and is not copied either
  d.dts_ns = info.times.dts_ns;
  d.duration_ns = info.times.duration_ns;
  d.captured_ns = info.times.captured_ns;
  d.dequeued_ns = info.times.dequeued_ns;
  d.source_sequence = info.source_sequence;
  d.crop[0] = info.crop.x;
  d.crop[1] = info.crop.y;
  d.crop[2] = info.crop.width;
  d.crop[3] = info.crop.height;
  d.clocks = info.clocks;
  const auto blob = frame.blob();
  d.blob_bytes = static_cast<std::uint32_t>(blob.size());
  for (std::size_t i = 0; i < kMaxDamageRects; ++i) {
    const Rect& rect = info.damage[i];
    const std::int32_t values[4] = {rect.x, rect.y, rect.width, rect.height};
    std::memcpy(d.damage[i], values, sizeof values);
  }
  constexpr std::size_t kWord = 8;  // whole words are copied to the board
  std::memset(d.blob + blob.size() / kWord * kWord, 0, blob.size() % kWord ? kWord : 0);
  if (!blob.empty()) std::memcpy(d.blob, blob.data(), blob.size());
  return d;
}

}  // namespace

namespace {

Error crop_outside(const FrameInfo& info) {
  const Rect& crop = info.crop;
  return Error::of(std::errc::invalid_argument,
                   "publish a frame of " + std::to_string(info.layout.width_px) + "x" +
                       std::to_string(info.layout.height_px) + " with a crop of " +
                       std::to_string(crop.width) + "x" + std::to_string(crop.height) + " at " +
                       std::to_string(crop.x) + "," + std::to_string(crop.y) +
                       ": it has to lie inside the picture");
}

}  // namespace

[[gnu::hot]] Result<void> Host::Impl::check_layout_locked(const Frame& frame) {
  const Layout& layout = frame.info().layout;
  const Rect& crop = frame.info().crop;
  if (crop.width != 0 && !(crop.width > 0 && crop.height > 0 && ipc::lies_in(crop, layout))) {
    return crop_outside(frame.info());
  }
  std::array<std::uint64_t, kMaxPlanes> sizes{};
  for (std::uint32_t i = 0; i < layout.buffer_count; ++i) {
    sizes[i] = frame.buffer(i)->size_bytes();
  }
  if (layout == checked_layout_ && sizes == checked_sizes_) return {};  // as the frame before
  VSL_CHECK(check_layout(layout, {sizes.data(), layout.buffer_count}));
  checked_layout_ = layout;
  checked_sizes_ = sizes;
  return {};
}

[[gnu::hot]] Result<void> Host::Impl::register_buffers_locked(PublishedFrame& entry,
                                                              const Frame& frame,
                                                              std::int64_t now_ns) noexcept {
  const bool pooled = entry.pool != nullptr;
  const std::uint32_t count = frame.info().layout.buffer_count;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto added = buffers_.add(frame.buffer(i), pooled, now_ns);
    if (!added) {
      while (i-- > 0) buffers_.drop_frame(entry.buffers[i]);
      return std::move(added).error();
    }
    const std::uint32_t index = added->index;
    // The producer has written into memory that an older frame still shows: that frame is over.
    const ipc::BufferTable::Entry& known = buffers_.entry(index);
    PublishedFrame* older = known.frames > 0 ? frames_.at_slot(known.last_slot) : nullptr;
    // The slot may be another frame's by now, when the one that was in it failed or was withdrawn.
    const bool same_memory =
        older != nullptr && older != &entry &&
        std::find(older->buffers, older->buffers + older->frame.info().layout.buffer_count,
                  index) != older->buffers + older->frame.info().layout.buffer_count;
    if (same_memory && !older->retired) retire_locked(*older, now_ns);
    buffers_.take_frame(index, entry.slot);
    entry.buffers[i] = index;
    if (added->is_new) offer_buffer_locked(index);
  }
  return {};
}

[[gnu::hot]] Result<Host::Impl::PublishedFrame*> Host::Impl::prepare_locked(
    Frame& frame, const PublishRequest& request, std::int64_t now_ns) {
  if (closed_) return Error::of(std::errc::broken_pipe, "publish on " + path + ", which is closed");
  VSL_CHECK(check_layout_locked(frame));
  // What may lack memory comes first: from the entry on there is something to undo.
  const auto& owner = frame.owner();
  const std::uint32_t pool_buffers = owner != nullptr ? owner->pool_buffers() : 0;
  if (pool_buffers > 0) meet_pool_locked(owner, pool_buffers);
  PublishedFrame* entry = frames_.add();
  if (entry == nullptr) {
    return Error::of(std::errc::no_buffer_space,
                     "publish on " + path + ": 4096 frames are live, none has expired");
  }
  entry->pool = pool_buffers > 0 ? owner.get() : nullptr;
  if (auto registered = register_buffers_locked(*entry, frame, now_ns); !registered) {
    frames_.cancel(*entry);
    return std::move(registered).error();
  }
  entry->folded_stride = request.folded_stride;
  entry->expires_ns = request.expires_ns;
  entry->keep_newest = request.keep_newest;
  return entry;
}

[[gnu::hot]] void Host::Impl::meet_pool_locked(const std::shared_ptr<FrameOwner>& owner,
                                               std::uint32_t pool_buffers) {
  for (const auto& known : pools_) {
    if (!known.owner_before(owner) && !owner.owner_before(known)) return;
  }
  std::erase_if(pools_, [](const auto& known) { return known.expired(); });
  owner->add_reclaimer(weak_from_this());  // first: who is in the list is not told again
  pools_.push_back(owner);
  if (smallest_pool_ == 0 || pool_buffers < smallest_pool_) smallest_pool_ = pool_buffers;
}

[[gnu::hot]] std::uint64_t Host::Impl::post_locked(PublishedFrame& entry, Frame&& frame,
                                                   const PublishRequest& request,
                                                   std::int64_t now_ns) {
  const std::uint64_t serial = ++last_serial_;
  entry.serial = serial;
  entry.frame = std::move(frame);
  FrameInfo& info = entry.frame.info();
  info.serial = serial;
  info.times.expires_ns = request.expires_ns;
  info.times.published_ns = now_ns;
  if (request.published_ns != nullptr) *request.published_ns = info.times.published_ns;
  v2::Description description = describe(info, request);
  description.published_ns = info.times.published_ns;
  for (std::uint32_t i = 0; i < info.layout.buffer_count; ++i) {
    description.buffers[i] = {buffers_.entry(entry.buffers[i]).id, info.layout.buffer_bytes[i]};
  }
  // The one that stayed beyond its time goes with the next look at what is over.
  if (std::exchange(newest_overstays_, false)) next_expiry_ns_ = std::min(next_expiry_ns_, now_ns);
  frames_.publish(entry);
  post_gap_ns_ = last_post_ns_ != 0 ? now_ns - last_post_ns_ : 0;
  last_post_ns_ = now_ns;
  if (entry.expires_ns != 0) {
    next_expiry_ns_ = std::min(next_expiry_ns_, entry.expires_ns);
    if (use_timer_ && entry.expires_ns < armed_ns_) arm_timer_locked();
  }
  ++stats_.posted;
  board_.posted.store(stats_.posted, std::memory_order_relaxed);  // shown by `top`
  v2::post(board_, entry.slot, serial, description, details_of(entry.frame));
  for (const auto& group : *groups_) group->ring(static_cast<std::uint32_t>(serial));
  return serial;
}

// Readers have these lines since the frame before.
[[gnu::hot]] void Host::Impl::fetch_ahead_locked() const noexcept {
  fetch_to_write(&board_.newest, 1);
  fetch_to_write(&board_.ring[(last_serial_ + 1) & (v2::kRingSize - 1)], 1);
  fetch_to_write(&board_.slots[frames_.next_slot()], sizeof(v2::Slot) / 2);
  for (const auto& group : *groups_) group->fetch_ahead();
}

[[gnu::hot]] Result<std::uint64_t> Host::Impl::publish(Frame&& frame, const PublishRequest& request,
                                                       std::int64_t lock_timeout_ns) {
  if (in_child()) return fork_error("publish");
  if (!has_memory(frame)) {
    return Error::of(std::errc::bad_file_descriptor, "publish a frame without memory");
  }
  frame.end_cpu_access();
  Farewell farewell(*this);
  std::shared_ptr<const Groups> groups;
  std::int64_t now_ns = 0;
  Result<std::uint64_t> serial = std::uint64_t{0};
  {
    if (!lock_within(lock_timeout_ns)) return lock_error("publish");
    const AdoptedLock lock(mutex_);
    fetch_ahead_locked();
    now_ns = monotonic_ns();
    // Chores come before the frame: what is done after waking the clients delays them.
    sockets_if_due_locked(now_ns);
    expire_locked(now_ns);
    recycle_locked(now_ns, farewell.frames);
    const bool chores_done = last_sockets_ns_ == now_ns || !farewell.frames.empty();
    if (chores_done) now_ns = monotonic_ns();
    auto prepared = prepare_locked(frame, request, now_ns);
    if (prepared) {
      serial = post_locked(**prepared, std::move(frame), request, now_ns);
    } else {
      serial = std::move(prepared).error();
    }
    groups = groups_;
  }
  if (serial) announce(*serial, *groups, now_ns);
  return serial;
}

[[gnu::hot]] void Host::Impl::announce(std::uint64_t serial, const Groups& groups,
                                       std::int64_t posted_ns) {
  // Some spare threads each, as long as that does not add up.
  constexpr std::size_t kFewGroups = 8;
  const std::uint32_t spare = groups.size() <= kFewGroups ? 4 : 0;
  for (const auto& group : groups) group->wake(posted_ns, spare);
  // Whatever follows keeps a client waiting that was woken on our core: mostly nothing does.
  // relaxed: who came after the frame was posted has looked for it already
  if (!has_followers_.load(std::memory_order_relaxed)) return;
  const MutexLock lock(mutex_);
  for (Peer* peer : v2_peers_) ring_bell_locked(*peer, serial);
  if (!v1_peers_.empty()) send_v1_locked(serial);
  drop_doomed_locked();
}

void Host::Impl::ring_bell_locked(Peer& peer, std::uint64_t serial) {
  if (!peer.polls) return;
  // seq_cst: pairs with the client that arms, then looks at `newest` once more before it sleeps
  const std::uint32_t armed = peer.ledger->armed.load(std::memory_order_seq_cst);
  if (armed == 0 || armed == peer.answered_arm) return;
  const auto bell = v2::short_message(v2::MessageType::bell, serial);
  // A hang-up is seen by epoll; what the kernel had no memory for is sent with the next frame.
  const auto sent = ipc::send_packet(peer.socket.get(), v2::bytes_of(bell));
  if (sent != ipc::Transfer::later) peer.answered_arm = armed;
}

Result<Frame> Host::Impl::withdraw(std::uint64_t serial, std::int64_t lock_timeout_ns) {
  if (in_child()) return fork_error("withdraw");
  if (!lock_within(lock_timeout_ns)) return lock_error("withdraw");
  const AdoptedLock lock(mutex_);
  PublishedFrame* entry = frames_.find(serial);
  if (entry == nullptr) {
    return Error::of(std::errc::no_such_file_or_directory,
                     "withdraw frame " + std::to_string(serial) + " from " + path);
  }
  for (Peer* peer : v1_peers_) {
    for (auto& held : peer->locks) held = held == serial ? 0 : held;
  }
  EndedFrames ended;
  end_locked(*entry, ended);
  ended.remove(*entry);
  Frame frame = std::move(entry->frame);
  frames_.reuse(*entry);
  return frame;
}

}  // namespace vsl
