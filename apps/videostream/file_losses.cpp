// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "file_losses.hpp"

#include "media/components.hpp"

namespace vsl::command {
namespace {

constexpr const char* kCopying = "; copying keeps it: ffmpeg -i FILE -c copy OUTPUT";

}  // namespace

std::optional<std::string> lost_rotation(const avformat::VideoStream& video) {
  if (video.rotation_degrees == 0) return {};
  return "the file asks players to turn it " + std::to_string(video.rotation_degrees) +
         " degrees clockwise, which is not written" + kCopying;
}

std::vector<std::string> losses_of(const avformat::VideoStream& video, Fourcc format) {
  std::vector<std::string> losses;
  if (video.pixel.width != video.pixel.height) {
    losses.push_back("its pixels are not square (" + std::to_string(video.pixel.width) + ":" +
                     std::to_string(video.pixel.height) + "), which is not written" + kCopying);
  }
  if (const auto rotation = lost_rotation(video)) losses.push_back(*rotation);
  const Components* components = find_components(format);
  if (components != nullptr && video.bit_depth > components->bits) {
    losses.push_back("it has " + std::to_string(video.bit_depth) +
                     " bits a sample, and frames in " + format.to_string() + " have " +
                     std::to_string(components->bits) + "; --format P010 keeps 10");
  }
  return losses;
}

}  // namespace vsl::command
