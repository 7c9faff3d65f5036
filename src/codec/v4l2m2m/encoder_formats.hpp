// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/backend.hpp"
#include "v4l2/m2m_device.hpp"
#include "v4l2/negotiate.hpp"

namespace vsl::codec::m2m {

/// What an encoder gets: the part to encode alone, or pictures as they lie in memory, of which it
/// reads the part itself.
enum class InputShape { part, whole };

/// Sets both formats of an encoder, by the kernel's sequence: coded format first, then pictures.
/// What the driver answered for the pictures. Errors: not_supported (says what it takes); errno of
/// the ioctl; protocol_error.
Result<v4l2::Agreement> agree_on_input(const v4l2::M2mDevice& device, const EncoderSetup& setup,
                                       InputShape shape);

/// Has the encoder read this part of its input from now on. What the driver made of the wish;
/// nothing when it cannot crop.
std::optional<Rect> select_part(const v4l2::M2mDevice& device, const Rect& part);

}  // namespace vsl::codec::m2m
