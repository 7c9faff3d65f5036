// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/software/module.hpp"

namespace vsl::codec::ffmpeg {

Result<std::unique_ptr<software::Decoder>> open_decoder(
    const software::DecoderSetup& setup, std::shared_ptr<software::PictureMemory> memory);

}  // namespace vsl::codec::ffmpeg
