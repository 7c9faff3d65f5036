// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "record_footer.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace vsl::command {
namespace {

std::string rate_text(FrameRate rate) {
  std::string text = std::to_string(rate.numerator);
  if (rate.denominator != 1) text += "/" + std::to_string(rate.denominator);
  return text;
}

}  // namespace

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain = "/._-+,:@%=";
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kPlain.find(static_cast<char>(c)) != kPlain.npos;
  });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string footer(const avformat::Recorded& recorded, const avformat::RecorderOptions& options,
                   FrameRate rate) {
  const std::string& path = recorded.files.front();
  // A name that begins like an option, or like a URL of FFmpeg's, is none.
  const bool misleads = path.starts_with('-') || path.find(':') < path.find('/');
  const std::string file = shell_word(misleads ? "./" + path : path);
  if (options.mp4) {
    return "Play it:\n  vlc " + file + "\n  mpv " + file + "\n  ffplay " + file + "\n";
  }
  const std::string format = recorded.codec == VideoCodec::h264 ? "h264" : "hevc";
  const std::string fps = rate_text(rate);
  return "Play it:\n  vlc --demux=" + format + " " + file +
         "\n  mpv --demuxer=lavf --demuxer-lavf-format=" + format +
         " --container-fps-override=" + fps + " " + file + "\n  ffplay -f " + format +
         " -framerate " + fps + " " + file +
         "\nMake a movie of it:\n  videostream convert --codec " + word_of(recorded.codec) +
         " --fps " + fps + " " + file + " output.mp4\n  ffmpeg -f " + format + " -framerate " +
         fps + " -i " + file + " -c copy output.mp4\n";
}

}  // namespace vsl::command
