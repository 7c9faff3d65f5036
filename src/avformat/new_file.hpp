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
  /// Errors: errno of creating it (directory missing, read-only, no permission);
  ///         invalid_argument (`path` is there and no regular file).
  static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  const std::string& temporary_path() const { return temporary_; }
  /// Brings the file to the disk and gives it its name. Errors: errno of either.
  Result<void> commit();

 private:
  NewFile(std::string path, std::string temporary);
  Result<void> sync() const;
  std::string path_, temporary_;  // temporary_ is empty when there is nothing to remove
};

}  // namespace vsl::avformat
