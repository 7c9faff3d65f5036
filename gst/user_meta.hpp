// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <string>

namespace vsl::gst {

/// GstCustomMeta "VideoStreamUserMeta" with a GBytes "data": the user bytes of a frame.
void register_user_meta();
void add_user_meta(GstBuffer* buffer, const std::string& bytes);
std::string user_meta_of(GstBuffer* buffer);

}  // namespace vsl::gst
