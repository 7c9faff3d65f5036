// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "media/nal.hpp"

namespace vsl::command {

/// Why there may be no picture in an elementary stream that was read as `codec`, by the look of its
/// first bytes, and what to do: a clause for the user.
std::string look_of_stream(VideoCodec codec, std::span<const std::byte> head);

/// Whether a file that begins so is a container (MP4, MPEG-TS, Matroska, AVI, Ogg, FLV), and no
/// elementary stream.
bool is_container(std::span<const std::byte> head);

}  // namespace vsl::command
