// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame_log.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace vsl::command {
namespace {

constexpr std::size_t kBufferBytes = 4096;
constexpr const char* kColumns =
    "event,start_time,end_time,duration,serial,input_elapsed,model_elapsed,output_elapsed\n";

}  // namespace

FrameLog::FrameLog(avformat::OutputFile file) : file_(std::move(file)), lines_(kColumns) {}

FrameLog::FrameLog(FrameLog&& other) noexcept
    : file_(std::move(other.file_)), lines_(std::exchange(other.lines_, {})) {}

FrameLog::~FrameLog() { flush(); }

Result<FrameLog> FrameLog::create(const std::string& path) {
  VSL_TRY(avformat::OutputFile file, avformat::OutputFile::open(path));
  return FrameLog(std::move(file));
}

// A log that cannot be written ends no stream.
void FrameLog::flush() {
  if (!lines_.empty()) (void)file_.append(std::as_bytes(std::span(lines_))).has_value();
  lines_.clear();
}

void FrameLog::add(const FrameInfo& info, std::uint64_t serial, std::int64_t begin_ns,
                   std::int64_t end_ns) {
  const FrameTimes& times = info.times;
  const bool by_camera = times.dequeued_ns != 0;
  const std::int64_t start_ns = by_camera ? times.dequeued_ns : times.captured_ns;
  const bool comparable = by_camera && info.clocks == 0 && times.captured_ns != 0;
  const std::int64_t input_ns = comparable ? start_ns - times.captured_ns : 0;
  lines_ += "camhost";
  for (const std::int64_t column :
       {start_ns, end_ns, end_ns - start_ns, static_cast<std::int64_t>(serial),
        std::max<std::int64_t>(input_ns, 0), std::int64_t{0}, end_ns - begin_ns}) {
    lines_ += "," + std::to_string(column);
  }
  lines_ += "\n";
  if (lines_.size() >= kBufferBytes) flush();
}

}  // namespace vsl::command
