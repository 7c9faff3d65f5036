// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "avformat/new_file.hpp"
#include "values.hpp"
#include "videostream/frame.hpp"

namespace vsl::command {

/// Writes raw pictures as YUV4MPEG2, which players and encoders read. The file takes its name when
/// it is whole.
class Y4mFile {
 public:
  /// Errors: errno of creating it.
  static Result<Y4mFile> create(const std::string& path, FrameRate rate);

  /// Errors: errno of the write (a full disk); not_supported (a pixel format that Y4M has not;
  /// another size or format than the first picture's).
  Result<void> write(Frame& picture);
  /// Gives the file its name. Errors: errno.
  Result<void> finish();
  std::uint64_t pictures() const { return pictures_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Y4mFile(avformat::NewFile target, std::FILE* file, std::string path, FrameRate rate)
      : target_(std::move(target)), file_(file), path_(std::move(path)), rate_(rate) {}
  Result<void> write_head(const Layout& layout);
  Result<void> check_like_first(const Layout& layout) const;
  Result<void> write_plane(Frame& picture, std::size_t index, std::size_t first, std::size_t step);
  Error failed() const { return Error::last("write " + path_); }

  avformat::NewFile target_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  FrameRate rate_;
  std::optional<Layout> first_;
  std::uint64_t pictures_ = 0;
  std::vector<std::byte> row_;
};

}  // namespace vsl::command
