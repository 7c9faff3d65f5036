// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "avformat/demuxer.hpp"
#include "avformat/new_file.hpp"
#include "values.hpp"
#include "videostream/convert.hpp"

namespace vsl::command {

/// Writes raw pictures as YUV4MPEG2, which players and encoders read. A regular file takes its name
/// when it is whole; "-" is stdout, and pipes and devices are written as they are.
class Y4mFile {
 public:
  /// Errors: errno of creating or opening it.
  static Result<Y4mFile> create(const std::string& path, FrameRate rate,
                                avformat::PixelAspect pixel);

  /// Errors: errno of the write (a full disk, a reader that left); not_supported (a pixel format
  /// that Y4M has not; another size or format than the first picture's).
  Result<void> write(const Picture& picture);
  /// Gives the file its name. Errors: errno.
  Result<void> finish();
  std::uint64_t pictures() const { return pictures_; }
  /// What to call it in a sentence.
  const std::string& name() const { return head_.name; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct Head {
    std::string name;
    FrameRate rate;
    avformat::PixelAspect pixel;
  };
  Y4mFile(std::FILE* file, Head head) : file_(file), head_(std::move(head)) {}
  /// Takes the descriptor; below 0: errno says why there is none.
  static Result<Y4mFile> over(int fd, Head head);
  Result<void> write_head(const Picture& picture);
  Result<void> check_like_first(const Picture& picture) const;
  bool write_plane(const Picture& picture, std::size_t plane);
  bool write_component(const Picture& picture, std::size_t component);
  Error failed() const { return Error::last("write " + head_.name); }

  std::optional<avformat::NewFile> target_;  // of a regular file
  std::unique_ptr<std::FILE, Close> file_;
  Head head_;
  std::optional<Picture> first_;  // without planes
  std::vector<std::byte> row_;
  std::uint64_t pictures_ = 0;
};

}  // namespace vsl::command
