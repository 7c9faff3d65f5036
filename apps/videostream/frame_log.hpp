// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "videostream/frame_info.hpp"
#include "videostream/result.hpp"

namespace vsl::command {

/// The CSV file of `vsl-camhost --log`: a line for each published frame. Times in ns of
/// CLOCK_MONOTONIC: from when the frame was ours until it was published; input_elapsed is the time
/// from capture until then, output_elapsed that of publishing; there is no model.
class FrameLog {
 public:
  /// Errors: errno of creating the file.
  static Result<FrameLog> create(const std::string& path);
  void add(const FrameInfo& info, std::uint64_t serial, std::int64_t begin_ns, std::int64_t end_ns);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit FrameLog(std::FILE* file) : file_(file) {}
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace vsl::command
