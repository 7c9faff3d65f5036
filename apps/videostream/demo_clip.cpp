// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "demo_clip.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "avformat/new_file.hpp"
#include "child_process.hpp"

namespace vsl::command {
namespace {

constexpr const char* kClipName = "demo-fractal-1920x1080-30fps.mp4";
// Light that drifts over a picture that grows, with the grain of a camera: motion, soft gradients
// and noise are what real video has. Drawn small, for somebody waits for it.
constexpr const char* kPicture =
    "gradients=size=480x270:rate=30:n=6:speed=0.02:seed=7,format=gray,format=gbrp[light];"
    "mandelbrot=size=480x270:rate=30:end_pts=600:end_scale=0.01:maxiter=300,format=gbrp[shape];"
    "[light][shape]blend=all_mode=softlight:shortest=1,noise=alls=4:allf=t,"
    "scale=1920:1080:flags=bilinear";
constexpr const char* kSeconds = "10";
constexpr int kExecFailed = 127;

Result<void> run_ffmpeg(const std::string& output, const StopSignal& stop) {
  const std::vector<std::string> arguments = {
      "ffmpeg",   "-nostdin", "-loglevel", "error", "-f",      "lavfi",   "-i",
      kPicture,   "-t",       kSeconds,    "-c:v",  "libx264", "-preset", "veryfast",
      "-pix_fmt", "yuv420p",  "-f",        "mp4",   "-y",      output};
  VSL_TRY(ChildProcess ffmpeg, ChildProcess::start(arguments));
  std::optional<int> code;
  while (!(code = ffmpeg.exit_code())) {
    if (stop.wait_ms(100)) return Error::of(std::errc::operation_canceled, "make " + output);
  }
  if (*code == 0) return {};
  if (*code == kExecFailed) {
    return Error::of(std::errc::no_such_file_or_directory,
                     "run the ffmpeg program (install it, or name a video: videostream demo FILE)");
  }
  return Error::of(std::errc::io_error,
                   "make " + output + ": ffmpeg ended with code " + std::to_string(*code));
}

}  // namespace

Result<std::string> cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const bool has_cache = cache != nullptr && *cache == '/', has_home = home && *home == '/';
  if (!has_cache && !has_home) {
    return Error::of(std::errc::no_such_file_or_directory, "find a home folder ($HOME)");
  }
  std::string folder = has_cache ? cache : std::string(home) + "/.cache";
  folder += "/videostream";
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return Error{failure, "make the folder " + folder};
  if (::access(folder.c_str(), W_OK) != 0) return Error::last("write into " + folder);
  return folder;
}

Result<std::string> demo_clip(const std::string& folder, const StopSignal& stop) {
  const std::string clip = folder + "/" + kClipName;
  if (::access(clip.c_str(), R_OK) == 0) return clip;
  std::fprintf(stderr, "Making a 10 s clip of 1080p video with ffmpeg, once: %s\n", clip.c_str());
  VSL_TRY(avformat::NewFile target, avformat::NewFile::create(clip));
  VSL_CHECK(run_ffmpeg(target.path_for_others(), stop));
  VSL_CHECK(target.commit());
  return clip;
}

}  // namespace vsl::command
