// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "output_name.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "command.hpp"
#include "stream_name.hpp"

namespace vsl::command {
namespace {

std::string extension_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  std::string extension = dot == std::string::npos || dot == 0 ? "" : name.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

// Files that people ask other programs for, and that nothing here writes.
bool is_of_others(const std::string& extension) {
  static constexpr const char* kOthers[] = {
      "mkv",  "webm", "avi", "ts",   "m2ts", "mts",  "mpg",   "mpeg", "flv", "wmv", "ogv",
      "3gp",  "gif",  "jpg", "jpeg", "bmp",  "tif",  "tiff",  "webp", "jxl", "yuv", "rgb",
      "nv12", "av1",  "ivf", "vp8",  "vp9",  "mjpg", "mjpeg", "wav",  "mp3", "m4a", "zip"};
  return std::find(std::begin(kOthers), std::end(kOthers), extension) != std::end(kOthers);
}

}  // namespace

FileKind kind_of_name(const std::string& path) {
  if (has_mp4_name(path)) return FileKind::mp4;
  const std::string extension = extension_of(path);
  if (extension.empty()) return FileKind::unknown;
  if (const auto codec = codec_of_name(path)) {
    return *codec == VideoCodec::h264 ? FileKind::h264 : FileKind::hevc;
  }
  static constexpr std::pair<const char*, FileKind> kKinds[] = {
      {"y4m", FileKind::y4m}, {"png", FileKind::png}, {"ppm", FileKind::ppm}};
  for (const auto& [name, kind] : kKinds) {
    if (extension == name) return kind;
  }
  return is_of_others(extension) ? FileKind::other : FileKind::unknown;
}

Result<void> check_output_name(const std::string& output, std::initializer_list<FileKind> written,
                               const std::string& writes) {
  const FileKind kind = kind_of_name(output);
  const bool good =
      kind == FileKind::unknown || std::find(written.begin(), written.end(), kind) != written.end();
  if (good) return {};
  return Error::of(
      std::errc::invalid_argument,
      "'" + output + "' asks for another kind of file (." + extension_of(output) + "): " + writes);
}

bool is_read_once(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || S_ISCHR(status.st_mode);
}

void tell_of_pipe(const std::string& path, PipeEnd awaited) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISFIFO(status.st_mode)) return;
  log_info(path + " is a pipe: waiting for somebody to " +
           (awaited == PipeEnd::read ? "read" : "write") + " it");
}

}  // namespace vsl::command
