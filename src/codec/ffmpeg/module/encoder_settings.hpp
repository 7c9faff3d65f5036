// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/ffmpeg/module/owned.hpp"
#include "codec/software/module.hpp"

namespace vsl::codec::ffmpeg {

/// Writes what is wanted into a context that is not open yet, and into the options to open it with.
void apply(const software::EncoderSetup& setup, AVPixelFormat format, AVCodecContext& context,
           AVDictionary*& options);

}  // namespace vsl::codec::ffmpeg
