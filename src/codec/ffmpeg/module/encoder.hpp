// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/software/module.hpp"

namespace vsl::codec::ffmpeg {

/// The encoder to take for a codec when none is named.
const char* usual_encoder(Fourcc codec);

Result<std::unique_ptr<software::Encoder>> open_encoder(const software::EncoderSetup& setup);

}  // namespace vsl::codec::ffmpeg
