// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "capi/frame_object.hpp"

namespace vsl::capi {

/// A descriptor of the frame's own for who asks for vsl_frame_handle(), made at the first call. In
/// release 2.5 a frame had one to itself, and programs let others take it over and close it.
/// Errors: bad_file_descriptor (no memory), errno of fcntl.
Result<int> hand_out_descriptor(const VSLFrame& frame);

/// Closes what hand_out_descriptor() gave, unless somebody has done so: then the number is none of
/// ours any more. While the frame still has its memory.
void take_descriptor_back(VSLFrame& frame) noexcept;

/// Closes a descriptor of ours that programs may have closed, if it still leads to `memory`.
void close_if_same(int fd, const Buffer& memory) noexcept;

}  // namespace vsl::capi
