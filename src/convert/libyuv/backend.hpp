// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>

#include "convert/backend.hpp"

namespace vsl::convert {

/// Conversion on the CPU, by libyuv where it has a function: between all formats.
std::unique_ptr<Backend> make_libyuv_backend();

}  // namespace vsl::convert
