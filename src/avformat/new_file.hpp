// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "videostream/result.hpp"

namespace vsl::avformat {

/// A file that takes its name when it is whole: until then its bytes stand under a name beside it,
/// and nothing of an older file is lost. Removed when it is destroyed before that.
class NewFile {
 public:
  /// Keeps others of us from writing `path` meanwhile.
  /// Errors: errno of creating it (directory missing, read-only, no permission);
  ///         invalid_argument (`path` is there and no regular file); device_or_resource_busy.
  static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  const std::string& temporary_path() const { return temporary_; }
  /// Brings the file to the disk and gives it its name.
  /// Errors: errno of either; device_or_resource_busy (somebody writes a file of that name by now).
  Result<void> commit();

 private:
  explicit NewFile(std::string path);
  Result<void> claim();
  Result<void> sync() const;
  std::string path_, temporary_;  // temporary_ is empty when there is nothing to remove
  int older_fd_ = -1;             // the file that will be replaced, locked
};

}  // namespace vsl::avformat
