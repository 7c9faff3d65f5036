// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <string>

#include "ref.hpp"
#include "videostream/result.hpp"

/// How GStreamer speaks of dma-bufs from 1.24 on: format=DMA_DRM, and the format by the kernel's
/// name (drm_fourcc.h) with a modifier behind it, `drm-format=NV12:0x0100000000000001`. Written as
/// text, so that a plugin built with an older GStreamer understands it too. Pictures that are not
/// linear are not carried.
namespace vsl::gst {

/// The fields of such caps for a template: ", format=(string)DMA_DRM, drm-format=(string){ … }".
std::string drm_fields();

bool has_drm_format(const GstCaps* caps);
/// Caps of the format that lies in memory alike, with a format that GStreamer has always had.
/// Errors: not_supported, naming the caps.
Result<Ref<GstCaps>> without_drm_format(GstCaps* caps);
/// The reverse, with the feature memory:DMABuf; null for a format without a name of the kernel's.
Ref<GstCaps> with_drm_format(const GstCaps* caps);

}  // namespace vsl::gst
