// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stream_name.hpp"

#include <cctype>

namespace vsl::command {

Result<Codec> codec_of_name(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::string extension = dot == std::string::npos ? "" : path.substr(dot + 1);
  if (extension == "264") return Codec::h264;
  if (extension == "265") return Codec::h265;
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

}  // namespace vsl::command
