// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/video.h>

#include <memory>

#include "loan.hpp"

namespace vsl::gst {

/// A buffer in which the memory of the frame lies, and that gives it back. nullptr when it cannot be
/// wrapped.
GstBuffer* wrap_loan(const std::shared_ptr<Loan>& loan);

/// Whether a raw frame lies as its caps alone say, so that elements without GstVideoMeta read it.
bool lies_as_caps_say(const FrameInfo& frame, const GstVideoInfo& video);

/// Copies the picture or the coded bytes into `to`, which is large enough. False: the memory cannot
/// be read.
bool copy_loan(const Loan& loan, const GstVideoInfo* video, GstBuffer* to);

/// Whether all the memory of a frame is dma-bufs.
bool is_dma_buf(const Loan& loan);

}  // namespace vsl::gst
