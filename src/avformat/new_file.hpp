// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "videostream/result.hpp"

namespace vsl::avformat {

/// A file that takes its name when it is whole; until then nothing of an older file is lost. It has
/// no name before, so nothing of it stays whatever ends the process. Where the file system only has
/// files with names, it stands beside `path` until then, as `path`.part-<pid>.
class NewFile {
 public:
  /// Keeps others of us from writing `path` meanwhile. A link stays: what it leads to is replaced.
  /// Errors: errno of creating it (directory missing, read-only, no permission);
  ///         invalid_argument (`path` is there and no regular file); device_or_resource_busy.
  static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  /// The name it will have, for messages.
  const std::string& path() const { return path_; }
  /// What to open to write it, and to read it again.
  const std::string& temporary_path() const { return temporary_; }
  /// Brings the file to the disk and gives it its name.
  /// Errors: errno of either; device_or_resource_busy (somebody writes a file of that name by now).
  Result<void> commit();

 private:
  explicit NewFile(const std::string& path);
  bool begin_unnamed();
  bool begin_named();
  Result<void> claim();
  Result<void> take_name();
  bool link_as(const std::string& name) const;

  std::string path_, target_;  // as it was given, and where it leads
  std::string temporary_;
  std::string draft_;  // a name beside the target: of temporary_, or for the moment of replacing
  bool has_draft_ = false;
  int fd_ = -1;
  int older_fd_ = -1;  // the file that will be replaced, locked
};

}  // namespace vsl::avformat
