// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "avformat/recorder.hpp"
#include "values.hpp"

namespace vsl::command {

/// Commands that play or convert what was recorded, ready to be run.
std::string footer(const avformat::Recorded& recorded, const avformat::RecorderOptions& options,
                   FrameRate rate);

/// `text` as one word of a shell.
std::string shell_word(const std::string& text);

}  // namespace vsl::command
