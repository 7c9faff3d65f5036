// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "codec/backend.hpp"
#include "codec/hantro/wrapper_abi.hpp"

namespace vsl::codec::hantro {

/// What the wrapper calls a codec. Errors: not_supported.
Result<abi::Standard> standard_of(Fourcc codec);

Result<std::unique_ptr<EncoderBackend>> open_encoder(const EncoderSetup& setup);
Result<std::unique_ptr<DecoderBackend>> open_decoder(const DecoderOptions& options);

}  // namespace vsl::codec::hantro
