// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/video.h>

#include <memory>

#include "loan.hpp"
#include "loan_memory.hpp"
#include "ref.hpp"

namespace vsl::gst {

/// Buffers in which the memory of frames lies, and that give it back. One is made ahead, like the
/// one before, while nobody waits for it.
class LoanBuffers {
 public:
  /// Before the wait for a frame.
  void prepare();
  /// With the time it was captured, of CLOCK_MONOTONIC, as a reference timestamp. `layout` is what
  /// of its memory GstVideoMeta shall name. nullptr when the memory cannot be wrapped.
  GstBuffer* wrap(const std::shared_ptr<Loan>& loan, const Layout& layout, GstClockTime captured);
  /// Forgets what it has.
  void reset() noexcept;

 private:
  Ref<GstBuffer> blank_for(const Layout& layout);

  std::shared_ptr<LoanMemories> memories_ = std::make_shared<LoanMemories>();
  Ref<GstBuffer> next_;                          ///< without memory
  GstReferenceTimestampMeta* stamp_ = nullptr;  ///< of `next_`
  Layout layout_;                                ///< that it was made for
};

/// Whether a raw frame lies as its caps alone say, so that elements without GstVideoMeta read it.
bool lies_as_caps_say(const Layout& layout, const GstVideoInfo& video);

/// Copies what `layout` names of the picture, or the coded bytes (no `video`), into `to`, which is
/// large enough. False: the memory cannot be read.
bool copy_loan(const Loan& loan, const Layout& layout, const GstVideoInfo* video, GstBuffer* to);

/// Whether all the memory of a frame is dma-bufs.
bool is_dma_buf(const Loan& loan);

}  // namespace vsl::gst
