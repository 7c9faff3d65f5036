// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <unordered_map>

#include "base/mutex.hpp"
#include "capi/frame_object.hpp"
#include "videostream/host.hpp"

namespace vsl::capi {

/// The C frames a host owns. When the host lets one go, its VSLFrame ends: callback, object.
/// Thread-safe. A frame that is asked about need not exist any more: it is looked up, not followed.
class PostedFrames : public FrameOwner, public std::enable_shared_from_this<PostedFrames> {
 public:
  explicit PostedFrames(Host& host) : host_(host) {}

  /// Hands the frame to the host. On failure it is as it was.
  Result<void> post(VSLFrame* frame, const FrameTimes& times);
  /// Makes the frame the caller's again, at once.
  Result<void> drop(VSLFrame* frame, std::int64_t lock_timeout_ns);
  /// drop() for a frame that its program releases; false: another thread is ending it right now.
  bool take_back(VSLFrame* frame) noexcept;

  void release_frame(std::uint64_t token) noexcept override;

 private:
  struct Record {
    std::uint64_t serial = 0;  ///< 0 until the host has given it one
    bool keep = false;         ///< the program gets it back: do not end it
  };

  void add(VSLFrame* frame) VSL_EXCLUDES(mutex_);
  void note_published(VSLFrame* frame, std::uint64_t serial, const FrameTimes& times)
      VSL_EXCLUDES(mutex_);
  std::uint64_t serial_of(VSLFrame* frame) VSL_EXCLUDES(mutex_);
  void set_keep(VSLFrame* frame) VSL_EXCLUDES(mutex_);
  void remove(VSLFrame* frame) VSL_EXCLUDES(mutex_);

  Host& host_;   ///< outlives its frames
  Mutex mutex_;  ///< leaf: nothing is locked and no callback runs under it
  std::unordered_map<VSLFrame*, Record> records_ VSL_GUARDED_BY(mutex_);
};

}  // namespace vsl::capi
