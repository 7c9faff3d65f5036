// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <span>
#include <string>
#include <string_view>

namespace vsl::gst {

/// Fields of caps that frames have no member for, as text; empty when there are none.
std::string more_caps_of(GstCaps* caps);
/// Sets those fields. The text came from a peer: unknown fields and odd values are left out.
void add_more_caps(GstCaps* caps, const std::string& text);

/// Whether they say that frames are interlaced or not, each by its flags.
bool says_mixed(const std::string& more_caps);

/// The user bytes of a frame and, behind them, more_caps. Who does not know about the second part
/// finds the user's bytes where they are expected.
std::string join_blob(std::string_view user, std::string_view more_caps);
struct SplitBlob {
  std::string user, more_caps;
};
SplitBlob split_blob(const std::string& blob);

}  // namespace vsl::gst
