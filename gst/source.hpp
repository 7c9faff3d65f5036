// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/base/gstpushsrc.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "formats.hpp"
#include "latency_watch.hpp"
#include "loan_buffer.hpp"
#include "rate_watch.hpp"
#include "receiver.hpp"
#include "time_map.hpp"
#include "time_slice.hpp"

namespace vsl::gst {

/// Each number by itself; written by the streaming thread, read by anyone.
struct SourceCounters {
  std::atomic<std::uint64_t> shared{0}, copied{0}, taken_back{0}, not_decodable{0}, bad_times{0};
  std::atomic<std::int64_t> latency_ns{0};  ///< capture to here, of the last frame
};

/// What vslsrc does, behind the GObject of vsl_src.cpp.
class Source {
 public:
  explicit Source(GstPushSrc* element) : element_(element) {}

  bool start();
  void stop();
  void interrupt(bool on) { receiver_.interrupt(on); }

  // The streaming thread.
  GstFlowReturn create(GstBuffer** out);
  bool negotiate();
  void decide_allocation(GstQuery* query);

  // Any thread.
  /// What is known, or all that could be; the caller's reference.
  GstCaps* caps() const;
  GstClockTime latency_ns() const { return latency_ns_.load(std::memory_order_relaxed); }
  SourceSettings settings() const;
  template <class Change>
  void edit(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }
  bool is_started() const { return started_.load(std::memory_order_relaxed); }
  GstStructure* stats() const;

 private:
  GstFlowReturn deliver(const Receiver::Next& next, GstBuffer** out);
  GstFlowReturn after_end(const Receiver::Next& next);
  void after_silence();
  /// False: downstream does not take the format.
  bool follow_format(const Receiver::Next& next, const std::string& more_caps);
  void use_format(const Loan& loan);
  Ref<GstCaps> as_peer_names_dma_bufs(Ref<GstCaps> plain) const;
  bool should_copy(const Layout& visible) const;
  GstBuffer* buffer_of(const std::shared_ptr<Loan>& loan, GstClockTime captured);
  GstBuffer* copy_of(const Loan& loan, GstClockTime captured);
  bool make_copy_pool();
  void stamp(GstBuffer* buffer, const Receiver::Next& next, std::int64_t at_ns);
  void stamp_as_captured(GstBuffer* buffer, const FrameInfo& frame, std::int64_t at_ns);
  void stamp_in_decoding_order(GstBuffer* buffer, std::int64_t pts_ns, std::int64_t ahead_ns);
  void add_metas(GstBuffer* buffer, const Loan& loan, const std::string& user);
  void follow_rotation(Rotation rotation);
  void learn_latency(std::int64_t age_ns, std::int64_t duration_ns);
  void tell(Receiver::Event event);
  void tell_taken_back();
  std::uint64_t taken_back() const;
  void tell_skipped(GstBuffer* buffer, std::uint64_t skipped);

  GstPushSrc* const element_;
  mutable std::mutex mutex_;  ///< guards the two below; a leaf
  SourceSettings settings_;
  Ref<GstCaps> caps_;  ///< of the stream; null while none is known

  Receiver receiver_;
  SourceCounters counters_;
  std::atomic<GstClockTime> latency_ns_{0};
  std::atomic<bool> started_{false};
  std::atomic<std::uint64_t> taken_back_before_{0};  ///< of loans of earlier runs

  // The streaming thread's own.
  SourceSettings now_;  ///< as they were at the start
  TimeSlice slice_;
  ClockMap clock_;
  FrameInfo format_;  ///< the frame the caps were made of, with the layout of its visible part
  std::string more_caps_;
  RateWatch rate_;
  LatencyWatch latency_;
  bool is_dma_buf_ = false, is_coded_ = false;
  bool has_video_meta_ = false, takes_crop_ = false;  ///< downstream reads such meta
  bool refers_back_ = false;  ///< frames need those before them
  GstVideoInfo video_{};
  LoanBuffers buffers_;
  Ref<GstBufferPool> copies_;
  std::uint64_t told_taken_back_ = 0;
  bool wants_key_frame_ = false, is_first_ = true;
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
  std::int64_t last_dts_ns_ = -1;  ///< of frames in decoding order; negative: none yet
  std::int64_t start_shift_ns_ = 0;
  Rotation rotation_ = Rotation::none;
};

}  // namespace vsl::gst
