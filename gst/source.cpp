// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "source.hpp"

#include <algorithm>

#include "caps_text.hpp"
#include "drm_caps.hpp"
#include "user_meta.hpp"
#include "visible.hpp"
#include "vsl_src.hpp"

GST_DEBUG_CATEGORY_STATIC(vslsrc_debug);
#define GST_CAT_DEFAULT vslsrc_debug

namespace vsl::gst {

namespace {

/// Whether the frame tells when it was captured, of CLOCK_MONOTONIC.
bool tells_capture(const FrameInfo& frame) {
  return frame.times.captured_ns > 0 && (frame.clocks & 1U) == 0;
}

void add_crop_meta(GstBuffer* buffer, const Rect& crop) {
  GstVideoCropMeta* meta = gst_buffer_add_video_crop_meta(buffer);
  meta->x = static_cast<guint>(crop.x);
  meta->y = static_cast<guint>(crop.y);
  meta->width = static_cast<guint>(crop.width);
  meta->height = static_cast<guint>(crop.height);
}

/// When the picture was captured; else when it was published.
std::int64_t captured_ns(const Loan& loan) {
  const FrameInfo& frame = loan.info();
  return tells_capture(frame) ? frame.times.captured_ns : frame.times.published_ns;
}

}  // namespace

void init_source_debug() {
  GST_DEBUG_CATEGORY_INIT(vslsrc_debug, "vslsrc", 0, "VideoStream source");
}

// --- state changes ------------------------------------------------------------------------------

SourceSettings Source::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

bool Source::start() {
  now_ = settings();
  if (now_.path.empty()) {
    GST_ELEMENT_ERROR(element_, RESOURCE, NOT_FOUND, ("No host to receive from."),
                      ("Set the property path to what the host's says, e.g. path=/tmp/cam."));
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    caps_.reset();
  }
  format_ = {};
  rate_ = {};
  rotation_ = Rotation::none;
  is_first_ = true;
  last_pts_ = GST_CLOCK_TIME_NONE;
  last_dts_ns_ = -1;
  start_shift_ns_ = 0;
  latency_ = {};
  latency_ns_ = 0;
  counters_.shared = counters_.copied = counters_.taken_back = counters_.not_decodable = 0;
  counters_.bad_times = 0;
  taken_back_before_ = told_taken_back_ = receiver_.loans()->taken_back();
  const Ref<gchar> name(gst_object_get_name(GST_OBJECT(element_)));
  receiver_.start(now_, name.get(), [this](Receiver::Event event) { tell(event); });
  started_ = true;
  return true;
}

void Source::stop() {
  started_ = false;
  slice_.restore();
  receiver_.stop();
  buffers_.reset();
  copies_.reset();
}

void Source::tell(Receiver::Event event) {
  const char* text = event == Receiver::Event::connected ? "connected"
                     : event == Receiver::Event::lost    ? "lost"
                                                         : "reconnected";
  GST_INFO_OBJECT(element_, "%s: %s", now_.path.c_str(), text);
  if (event == Receiver::Event::lost) buffers_.reset();  // no frame will lie in its memory again
  GstStructure* structure = gst_structure_new("vsl-connection", "state", G_TYPE_STRING, text,
                                              "path", G_TYPE_STRING, now_.path.c_str(), nullptr);
  gst_element_post_message(GST_ELEMENT(element_),
                           gst_message_new_element(GST_OBJECT(element_), structure));
}

// --- waiting ------------------------------------------------------------------------------------

GstFlowReturn Source::create(GstBuffer** out) {
  slice_.shorten(std::int64_t{now_.time_slice_us} * 1000);
  for (;;) {
    buffers_.prepare();
    tell_taken_back();
    const Receiver::Next next = receiver_.next();
    if (next.outcome == Receiver::Outcome::silence && now_.reconnect) {
      after_silence();
      continue;
    }
    if (next.outcome != Receiver::Outcome::frame) return after_end(next);
    const GstFlowReturn flow = deliver(next, out);
    if (flow != GST_FLOW_OK || *out != nullptr) return flow;
  }
}

GstFlowReturn Source::after_end(const Receiver::Next& next) {
  slice_.restore();
  switch (next.outcome) {
    case Receiver::Outcome::flushing:
      return GST_FLOW_FLUSHING;
    case Receiver::Outcome::goodbye:
      return GST_FLOW_EOS;
    case Receiver::Outcome::silence:
      if (receiver_.stats().refused > 0) {
        GST_ELEMENT_ERROR(element_, RESOURCE, READ, ("No frame from %s.", now_.path.c_str()),
                          ("Its frames came in memory that the host could truncate while they are "
                           "read. may-fault=accept takes them all the same."));
        return GST_FLOW_ERROR;
      }
      GST_ELEMENT_ERROR(element_, RESOURCE, READ, ("No frame from %s.", now_.path.c_str()),
                        ("The host is there and sent nothing for %.1f s (property timeout). With "
                         "reconnect=true vslsrc waits on.",
                         static_cast<double>(receiver_.silence_limit_ns()) / 1e9));
      return GST_FLOW_ERROR;
    default:
      break;
  }
  const std::string why = next.error ? next.error->message() : std::string();
  const bool waiting_helps = !now_.reconnect && (!next.error || may_come(*next.error));
  const char* const hint = waiting_helps ? " With reconnect=true vslsrc waits for it." : "";
  if (is_first_) {
    GST_ELEMENT_ERROR(element_, RESOURCE, OPEN_READ,
                      ("Could not receive from %s.", now_.path.c_str()),
                      ("%s.%s%s", why.c_str(), waiting_helps ? " Is the host running?" : "", hint));
  } else {
    GST_ELEMENT_ERROR(element_, RESOURCE, READ, ("Lost the host at %s.", now_.path.c_str()),
                      ("%s.%s", why.c_str(), hint));
  }
  return GST_FLOW_ERROR;
}

void Source::after_silence() {
  if (is_first_ || !GST_CLOCK_TIME_IS_VALID(last_pts_)) return;
  const auto silent_ns = static_cast<GstClockTime>(receiver_.silence_limit_ns());
  gst_pad_push_event(GST_BASE_SRC_PAD(element_), gst_event_new_gap(last_pts_, silent_ns));
  last_pts_ += silent_ns;
}

// --- caps ---------------------------------------------------------------------------------------

GstCaps* Source::caps() const {
  const std::lock_guard lock(mutex_);
  return caps_ != nullptr ? gst_caps_ref(caps_.get())
                          : gst_pad_get_pad_template_caps(GST_BASE_SRC_PAD(element_));
}

void Source::use_format(const Loan& loan) {
  const Fourcc fourcc = loan.info().layout.fourcc;
  is_dma_buf_ = is_dma_buf(loan);
  is_coded_ = is_coded(fourcc);
  refers_back_ = is_coded_ && fourcc != vsl::fourcc("MJPG") && fourcc != vsl::fourcc("JPEG");
  wants_key_frame_ = refers_back_;
  buffers_.reset();
  copies_.reset();
}

bool Source::follow_format(const Receiver::Next& next, const std::string& more_caps) {
  FrameInfo frame = next.loan->info();
  frame.layout = visible_layout(frame);
  if (says_mixed(more_caps)) frame.interlace = 0;  // of this frame, not of the stream
  const Layout& layout = frame.layout;
  const bool same = layout.fourcc == format_.layout.fourcc &&
                    layout.width_px == format_.layout.width_px &&
                    layout.height_px == format_.layout.height_px &&
                    layout.modifier == format_.layout.modifier && frame.color == format_.color &&
                    frame.interlace == format_.interlace && more_caps == more_caps_;
  const bool same_rate =
      !rate_.is_stale(format_.times.duration_ns, frame.times.duration_ns, next.is_first);
  if (same && same_rate) return true;
  auto made = caps_for(frame, more_caps);
  if (!made) {
    GST_ELEMENT_ERROR(element_, STREAM, FORMAT,
                      ("Cannot hand on what %s sends.", now_.path.c_str()),
                      ("%s", made.error().message().c_str()));
    return false;
  }
  format_ = frame;
  more_caps_ = more_caps;
  if (!same) use_format(*next.loan);
  if (const auto parsed = parse_caps(made->get()); parsed && !is_coded_) video_ = parsed->video;
  {
    const std::lock_guard lock(mutex_);
    caps_ = std::move(*made);
  }
  return gst_base_src_negotiate(GST_BASE_SRC(element_)) != FALSE;
}

/// Elements that take dma-bufs without saying so are older than the caps feature, and many; those
/// since GStreamer 1.24 have a third way.
Ref<GstCaps> Source::as_peer_names_dma_bufs(Ref<GstCaps> plain) const {
  Ref<GstCaps> dma_buf(gst_caps_copy(plain.get()));
  gst_caps_set_features_simple(dma_buf.get(), gst_caps_features_new("memory:DMABuf", nullptr));
  Ref<GstCaps> drm = with_drm_format(plain.get());
  const Ref<GstCaps> peer(gst_pad_peer_query_caps(GST_BASE_SRC_PAD(element_), nullptr));
  const auto takes = [&](const Ref<GstCaps>& caps) {
    return caps != nullptr && gst_caps_can_intersect(peer.get(), caps.get()) != FALSE;
  };
  if (takes(plain)) return plain;
  if (takes(drm)) return drm;
  return takes(dma_buf) ? std::move(dma_buf) : std::move(plain);
}

bool Source::negotiate() {
  if (format_.layout.fourcc == Fourcc{}) return true;  // with the first frame
  Ref<GstCaps> plain(caps());
  if (is_dma_buf_ && !is_coded_) plain = as_peer_names_dma_bufs(std::move(plain));
  return gst_base_src_set_caps(GST_BASE_SRC(element_), plain.get()) != FALSE;
}

void Source::decide_allocation(GstQuery* query) {
  has_video_meta_ =
      gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr) != FALSE;
  takes_crop_ = has_video_meta_ && gst_query_find_allocation_meta(
                                       query, GST_VIDEO_CROP_META_API_TYPE, nullptr) != FALSE;
  // The memory is the host's; downstream's pool would only cost some.
  while (gst_query_get_n_allocation_pools(query) > 0) {
    gst_query_remove_nth_allocation_pool(query, 0);
  }
}

// --- buffers ------------------------------------------------------------------------------------

bool Source::should_copy(const Layout& visible) const {
  if (!is_coded_ && !has_video_meta_ && !lies_as_caps_say(visible, video_)) return true;
  if (now_.copy != CopyMode::automatic) return now_.copy == CopyMode::always;
  // Encoders look ahead over more frames than a host lends, and for longer: they would wait for us
  // to go on while we wait for them, or keep frames that the host has to take back.
  constexpr std::int64_t kLongNs = 500'000'000;
  const Loans& loans = *receiver_.loans();
  const std::uint32_t held = loans.count();
  if (held >= receiver_.max_leases()) return true;
  return held > 1 && loans.oldest_ns(monotonic_ns()) > kLongNs;  // one is this one
}

bool Source::make_copy_pool() {
  if (copies_ != nullptr) return true;
  const Ref<GstCaps> now(gst_video_info_to_caps(&video_));
  copies_.reset(gst_video_buffer_pool_new());
  GstStructure* config = gst_buffer_pool_get_config(copies_.get());
  gst_buffer_pool_config_set_params(config, now.get(), static_cast<guint>(video_.size), 0, 0);
  return gst_buffer_pool_set_config(copies_.get(), config) != FALSE &&
         gst_buffer_pool_set_active(copies_.get(), TRUE) != FALSE;
}

GstBuffer* Source::copy_of(const Loan& loan, GstClockTime captured) {
  GstBuffer* copy = nullptr;
  if (is_coded_) {
    copy = gst_buffer_new_allocate(nullptr, loan.lease().plane(0).size(), nullptr);
  } else if (!make_copy_pool() ||
             gst_buffer_pool_acquire_buffer(copies_.get(), &copy, nullptr) != GST_FLOW_OK) {
    return nullptr;
  }
  const Layout visible = visible_layout(loan.info());
  if (copy_loan(loan, visible, is_coded_ ? nullptr : &video_, copy) && loan.lease().valid()) {
    ++counters_.copied;
    gst_buffer_add_reference_timestamp_meta(copy, monotonic_stamp_caps(), captured,
                                            GST_CLOCK_TIME_NONE);
    return copy;
  }
  ++counters_.taken_back;  // the host wanted it back while it was read
  gst_buffer_unref(copy);
  return nullptr;
}

GstBuffer* Source::buffer_of(const std::shared_ptr<Loan>& loan, GstClockTime captured) {
  const FrameInfo& frame = loan->info();
  const Layout visible = visible_layout(frame);
  if (should_copy(visible)) return copy_of(*loan, captured);
  const bool whole = takes_crop_ && frame.crop.width > 0;
  GstBuffer* buffer = buffers_.wrap(loan, whole ? frame.layout : visible, captured);
  if (buffer == nullptr) return nullptr;
  ++counters_.shared;
  if (whole) add_crop_meta(buffer, frame.crop);
  return buffer;
}

/// Downstream may have read what is no frame any more: that is worth a message.
void Source::tell_taken_back() {
  const std::uint64_t now = receiver_.loans()->taken_back();
  if (now == told_taken_back_) return;
  GstStructure* structure = gst_structure_new("vsl-taken-back", "frames", G_TYPE_UINT64,
                                              now - told_taken_back_, nullptr);
  told_taken_back_ = now;
  gst_element_post_message(GST_ELEMENT(element_),
                           gst_message_new_element(GST_OBJECT(element_), structure));
}

std::uint64_t Source::taken_back() const {
  return counters_.taken_back.load() + receiver_.loans()->taken_back() - taken_back_before_;
}

GstFlowReturn Source::deliver(const Receiver::Next& next, GstBuffer** out) {
  const auto& loan = next.loan;
  const FrameInfo& frame = loan->info();
  if (loan->times_mended()) ++counters_.bad_times;
  const SplitBlob blob = frame.blob_bytes > 0 ? split_blob(loan->lease().blob()) : SplitBlob{};
  if (!follow_format(next, blob.more_caps)) return GST_FLOW_NOT_NEGOTIATED;
  const std::uint64_t skipped = loan->lease().skipped();
  if (refers_back_ && skipped > 0) wants_key_frame_ = true;
  if (wants_key_frame_ && !frame.key_frame) {
    ++counters_.not_decodable;
    return GST_FLOW_OK;
  }
  wants_key_frame_ = false;
  const std::int64_t at_ns = captured_ns(*loan);
  GstBuffer* buffer = buffer_of(loan, static_cast<GstClockTime>(at_ns));
  if (buffer == nullptr) return GST_FLOW_OK;
  stamp(buffer, next, at_ns);
  add_metas(buffer, *loan, blob.user);
  if (skipped > 0) tell_skipped(buffer, skipped);
  if (skipped > 0 || is_first_) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  is_first_ = false;
  *out = buffer;
  return GST_FLOW_OK;
}

void Source::add_metas(GstBuffer* buffer, const Loan& loan, const std::string& user) {
  const FrameInfo& frame = loan.info();
  GST_BUFFER_OFFSET(buffer) = frame.serial;
  GST_BUFFER_OFFSET_END(buffer) = frame.serial + 1;
  if (is_coded_ && !frame.key_frame) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (frame.interlace != 0) GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  if (frame.interlace == 1) GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_TFF);
  if ((frame.fields & 1U) != 0) GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_RFF);
  if ((frame.fields & 2U) != 0) GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_ONEFIELD);
  if (!user.empty()) add_user_meta(buffer, user);
  follow_rotation(frame.rotation);
}

void Source::follow_rotation(Rotation rotation) {
  if (rotation == rotation_) return;
  rotation_ = rotation;
  constexpr const char* kNames[] = {"rotate-0", "rotate-90", "rotate-180", "rotate-270"};
  const auto index = static_cast<std::size_t>(rotation);
  if (index >= std::size(kNames)) return;
  gst_pad_push_event(
      GST_BASE_SRC_PAD(element_),
      gst_event_new_tag(gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, kNames[index], nullptr)));
}

// --- time ---------------------------------------------------------------------------------------

void Source::stamp(GstBuffer* buffer, const Receiver::Next& next, std::int64_t at_ns) {
  const FrameInfo& frame = next.loan->info();
  const FrameTimes& times = frame.times;
  const std::int64_t age_ns = std::max<std::int64_t>(monotonic_ns() - at_ns, 0);
  counters_.latency_ns = age_ns;
  if (times.duration_ns > 0) {
    GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(times.duration_ns);
  }
  if (now_.stamps == StampMode::capture && !now_.pts) {
    // The age of a frame that waited for us is not the producer's doing: at the start, after a
    // pause.
    if (next.is_fresh) learn_latency(age_ns, times.duration_ns);
    stamp_as_captured(buffer, frame, at_ns);
  }
  if (now_.pts && times.pts_ns >= 0) {
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(times.pts_ns);
  }
  if (now_.dts && times.dts_ns >= 0) {
    GST_BUFFER_DTS(buffer) = static_cast<GstClockTime>(times.dts_ns);
  }
  last_pts_ = GST_BUFFER_PTS(buffer);
}

void Source::stamp_as_captured(GstBuffer* buffer, const FrameInfo& frame, std::int64_t at_ns) {
  const auto running_ns = clock_.to_running(GST_ELEMENT(element_), at_ns);
  if (!running_ns) return;  // then it is the time of arrival
  const FrameTimes& times = frame.times;
  if (refers_back_ && times.pts_ns >= 0 && times.dts_ns >= 0) {
    const std::int64_t ahead_ns = times.pts_ns - times.dts_ns;
    // What is read from a file is published when it is to be decoded, before it is to be shown.
    const std::int64_t pts_ns = *running_ns + (tells_capture(frame) ? 0 : ahead_ns);
    stamp_in_decoding_order(buffer, pts_ns, ahead_ns);
    return;
  }
  // Frames from before the start all map to its first moment. Muxers drop what has one stamp.
  auto pts = static_cast<GstClockTime>(std::max<std::int64_t>(*running_ns, 0));
  if (GST_CLOCK_TIME_IS_VALID(last_pts_) && pts <= last_pts_) pts = last_pts_ + GST_MSECOND;
  GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = pts;
}

/// What grows is the DTS: B-frames come after pictures that are shown later.
void Source::stamp_in_decoding_order(GstBuffer* buffer, std::int64_t pts_ns,
                                     std::int64_t ahead_ns) {
  // Those from before the start keep their distances, so all that follows comes later by as much.
  if (last_dts_ns_ < 0) start_shift_ns_ = std::max<std::int64_t>(ahead_ns - pts_ns, 0);
  pts_ns += start_shift_ns_;
  const std::int64_t dts_ns = std::max(pts_ns - ahead_ns, last_dts_ns_ + 1);
  last_dts_ns_ = dts_ns;
  GST_BUFFER_DTS(buffer) = static_cast<GstClockTime>(dts_ns);
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(std::max(pts_ns, dts_ns));
}

void Source::learn_latency(std::int64_t age_ns, std::int64_t duration_ns) {
  const std::int64_t before_ns = latency_.latency_ns();
  const std::int64_t now_ns = latency_.learn(age_ns, duration_ns);
  if (now_ns == before_ns) return;
  latency_ns_ = static_cast<GstClockTime>(now_ns);
  gst_element_post_message(GST_ELEMENT(element_), gst_message_new_latency(GST_OBJECT(element_)));
}

void Source::tell_skipped(GstBuffer* buffer, std::uint64_t skipped) {
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  GstMessage* message =
      gst_message_new_qos(GST_OBJECT(element_), TRUE, pts, pts, pts, GST_BUFFER_DURATION(buffer));
  const ClientStats stats = receiver_.stats();
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, stats.delivered,
                            std::max(stats.skipped, skipped));
  gst_element_post_message(GST_ELEMENT(element_), message);
}

// --- figures ------------------------------------------------------------------------------------

GstStructure* Source::stats() const {
  const ClientStats client = receiver_.stats();
  return gst_structure_new(
      "application/x-vslsrc-stats", "delivered", G_TYPE_UINT64, client.delivered, "skipped",
      G_TYPE_UINT64, client.skipped, "lapped", G_TYPE_UINT64, client.lapped, "gone", G_TYPE_UINT64,
      client.gone, "no-lease", G_TYPE_UINT64, client.no_lease, "refused", G_TYPE_UINT64,
      client.refused, "shared", G_TYPE_UINT64, counters_.shared.load(), "copied", G_TYPE_UINT64,
      counters_.copied.load(), "taken-back", G_TYPE_UINT64, taken_back(),
      "not-decodable", G_TYPE_UINT64, counters_.not_decodable.load(), "bad-times", G_TYPE_UINT64,
      counters_.bad_times.load(), "held", G_TYPE_UINT,
      receiver_.loans()->count(), "latency", G_TYPE_INT64, counters_.latency_ns.load(),
      "fds-received", G_TYPE_UINT64, client.fds_received, "maps", G_TYPE_UINT64, client.maps,
      "wire-version", G_TYPE_UINT, client.wire_version, nullptr);
}

}  // namespace vsl::gst
