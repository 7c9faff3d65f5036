// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <vector>

#include "codec/backend.hpp"
#include "v4l2/m2m_device.hpp"

namespace vsl::codec::m2m {

/// Waiting longer than this for a device that has all it needs means that it hangs.
inline constexpr std::int64_t kDeviceLimitNs = 30'000'000'000;

/// The stateful encoders and decoders here. Errors: no_such_device.
Result<std::vector<CodecAbility>> abilities();

/// Opens the first device that does it and is not busy. Errors: not_supported; those of opening.
Result<std::unique_ptr<v4l2::M2mDevice>> open_device(Fourcc codec, bool encode);

Result<std::unique_ptr<EncoderBackend>> open_encoder(const EncoderSetup& setup);
Result<std::unique_ptr<DecoderBackend>> open_decoder(const DecoderOptions& options);

}  // namespace vsl::codec::m2m
