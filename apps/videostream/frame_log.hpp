// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>

#include "avformat/output_file.hpp"
#include "videostream/frame_info.hpp"
#include "videostream/result.hpp"

namespace vsl::command {

/// The CSV file of `vsl-camhost --log`: a line for each published frame. Times in ns of
/// CLOCK_MONOTONIC: from when the frame was ours until it was published; input_elapsed is the time
/// from capture until then, output_elapsed that of publishing; there is no model.
class FrameLog {
 public:
  /// Errors: those of OutputFile::open.
  static Result<FrameLog> create(const std::string& path);
  FrameLog(FrameLog&& other) noexcept;
  FrameLog& operator=(FrameLog&&) = delete;
  ~FrameLog();
  void add(const FrameInfo& info, std::uint64_t serial, std::int64_t begin_ns, std::int64_t end_ns);

 private:
  explicit FrameLog(avformat::OutputFile file);
  void flush();

  avformat::OutputFile file_;
  std::string lines_;  // on their way
};

}  // namespace vsl::command
