// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/backend.hpp"
#include "v4l2/m2m_device.hpp"

namespace vsl::codec::m2m {

/// Frame rate, bits, key frames, profile and level, as far as the driver has controls for them: a
/// codec without bit rates is asked for none. Errors: not_supported (a profile, level, B-frames or
/// a constant qp that the driver cannot do).
Result<void> configure(const v4l2::M2mDevice& device, const EncoderOptions& options);

}  // namespace vsl::codec::m2m
