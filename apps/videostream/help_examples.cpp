// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "help_examples.hpp"

namespace vsl::command {
namespace {

struct Example {
  const char* command;
  const char* line;  // behind the program's name
};

constexpr Example kExamples[] = {
    {"stream", "stream --source test /tmp/cam"},
    {"stream", "stream --source movie.mp4 --loop /tmp/cam"},
    {"stream", "stream --device auto --resolution 1280x720 --fps 30 /tmp/cam"},
    {"stream", "stream --source movie.mp4 --encode --bitrate 4Mbps @cam"},
    {"receive", "receive --verify --frames 300 /tmp/cam"},
    {"receive", "receive --policy newest --frames 0 --metrics-interval 1 /tmp/cam"},
    {"receive", "receive --decode @cam"},
    {"snapshot", "snapshot /tmp/cam --output frame.png"},
    {"snapshot", "snapshot /dev/video0 --output camera.png --skip 3"},
    {"demo", "demo"},
    {"demo", "demo movie.mp4 --seconds 30"},
    {"bench", "bench --clients 1,4,16 --seconds 5"},
    {"bench", "bench --device auto --frames 300"},
    {"list", "list"},
    {"top", "top /tmp/cam"},
    {"top", "top --once --json @cam"},
    {"record", "record clip.mp4 --source test --duration 5"},
    {"record", "record camera.mp4 --device auto --fps 30"},
    {"record", "record day.mp4 --ipc /tmp/cam --segment-time 600"},
    {"record", "record - --ipc /tmp/cam | ffplay -f h264 -"},
    {"convert", "convert recording.h264 movie.mp4"},
    {"convert", "convert --fps 25 recording.h265 movie.mp4"},
    {"convert", "convert movie.mp4 recording.h264"},
    {"decode", "decode movie.mp4 pictures.y4m"},
    {"decode", "decode --codec h264 - - < recording.h264 > pictures.y4m"},
    {"info", "info"},
    {"info", "info --encoder --json"},
    {"devices", "devices"},
    {"devices", "devices --cameras"},
    {"devices", "devices --all --verbose --json"},
};

}  // namespace

std::string help_examples(const std::string& command) {
  std::string text;
  for (const Example& example : kExamples) {
    if (command == example.command) text += std::string("\n  videostream ") + example.line;
  }
  return text.empty() ? text : "Examples:" + text;
}

}  // namespace vsl::command
