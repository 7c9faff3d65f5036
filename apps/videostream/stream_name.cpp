// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stream_name.hpp"

#include <sys/stat.h>

#include <cctype>

namespace vsl::command {

Result<VideoCodec> codec_of_name(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::string extension = dot == std::string::npos ? "" : path.substr(dot + 1);
  if (extension == "264") return VideoCodec::h264;
  if (extension == "265") return VideoCodec::hevc;
  if (auto codec = parse_codec(extension)) return codec;
  return Error::of(std::errc::invalid_argument, "Cannot detect codec from file extension: '" +
                                                    path + "'; say --codec h264 or --codec h265");
}

bool has_mp4_name(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  std::string extension = dot == std::string::npos ? "" : path.substr(dot + 1);
  for (char& letter : extension) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return extension == "mp4" || extension == "m4v" || extension == "mov";
}

Result<void> check_other_file(const std::string& input, const std::string& output) {
  struct stat from {
  }, to{};
  const bool both = ::stat(input.c_str(), &from) == 0 && ::stat(output.c_str(), &to) == 0;
  if (!both || !S_ISREG(from.st_mode)) return {};
  if (from.st_dev != to.st_dev || from.st_ino != to.st_ino) return {};
  return Error::of(std::errc::invalid_argument,
                   output + " is the file that is read; name another one to write");
}

}  // namespace vsl::command
