// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame_log.hpp"

#include <algorithm>

namespace vsl::command {

Result<FrameLog> FrameLog::create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return Error::last("create " + path);
  std::fputs(
      "event,start_time,end_time,duration,serial,input_elapsed,model_elapsed,output_elapsed\n",
      file);
  return FrameLog(file);
}

void FrameLog::add(const FrameInfo& info, std::uint64_t serial, std::int64_t begin_ns,
                   std::int64_t end_ns) {
  const FrameTimes& times = info.times;
  const bool by_camera = times.dequeued_ns != 0;
  const std::int64_t start_ns = by_camera ? times.dequeued_ns : times.captured_ns;
  const bool comparable = by_camera && info.clocks == 0 && times.captured_ns != 0;
  const std::int64_t input_ns = comparable ? start_ns - times.captured_ns : 0;
  std::fprintf(file_.get(), "camhost,%lld,%lld,%lld,%llu,%lld,0,%lld\n",
               static_cast<long long>(start_ns), static_cast<long long>(end_ns),
               static_cast<long long>(end_ns - start_ns), static_cast<unsigned long long>(serial),
               static_cast<long long>(std::max<std::int64_t>(input_ns, 0)),
               static_cast<long long>(end_ns - begin_ns));
}

}  // namespace vsl::command
