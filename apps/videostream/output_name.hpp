// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <initializer_list>
#include <string>

#include "videostream/result.hpp"

namespace vsl::command {

/// What the extension of a file's name asks for.
enum class FileKind { unknown, mp4, h264, hevc, y4m, png, ppm, other };
FileKind kind_of_name(const std::string& path);

/// Refuses an output whose extension asks for a kind of file that is not in `written`; names that
/// ask for nothing pass. `writes` ends the sentence: "decode writes YUV4MPEG2 (.y4m)". Errors:
/// invalid_argument, a sentence for the user.
Result<void> check_output_name(const std::string& output, std::initializer_list<FileKind> written,
                               const std::string& writes);

/// Whether what is there can be read from its start to its end only, and once: a pipe, a socket or
/// a terminal. False for a file, and where nothing is.
bool is_read_once(const std::string& path);

/// Says that opening `path` waits for somebody at the other end, where it is a FIFO.
enum class PipeEnd { read, write };
void tell_of_pipe(const std::string& path, PipeEnd awaited);

}  // namespace vsl::command
