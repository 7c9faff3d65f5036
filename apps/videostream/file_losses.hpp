// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "avformat/demuxer.hpp"
#include "videostream/fourcc.hpp"

namespace vsl::command {

/// What is lost of a file's video in frames of `format`: a sentence each, with what keeps it.
std::vector<std::string> losses_of(const avformat::VideoStream& video, Fourcc format);

/// That of it which pictures in a file of raw ones lose as well.
std::optional<std::string> lost_rotation(const avformat::VideoStream& video);

}  // namespace vsl::command
