// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "avformat/destination.hpp"
#include "base/unique_fd.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

/// A file that takes its name when it is whole; until then nothing of an older file is lost. It has
/// no name before, so nothing of it stays whatever ends the process. Where the file system only has
/// files with names, it stands beside `path` until then, as `path`.part-<pid>.
class NewFile {
 public:
  /// Keeps others of us from writing `path` meanwhile. A link stays: what it leads to is replaced,
  /// and the new file has the mode of the older one, and its owner where we may give that.
  /// Errors: errno of creating it (directory missing, read-only, no permission); those of
  ///         Destination::find; is_a_directory; invalid_seek (`path` is a pipe or device);
  ///         device_or_resource_busy.
  static Result<NewFile> create(const std::string& path);
  static Result<NewFile> create(const std::string& path, Destination where);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  /// The name it will have, for messages.
  const std::string& path() const { return path_; }
  /// What to open to write it, and to read it again.
  const std::string& temporary_path() const { return temporary_; }
  /// The same for another process of our user.
  std::string path_for_others() const;
  /// Brings the file to the disk and gives it its name.
  /// Errors: errno of either; device_or_resource_busy (somebody writes a file of that name by now).
  Result<void> commit();

 private:
  NewFile(const std::string& path, Destination where);
  bool begin_unnamed();
  bool begin_named();
  Result<void> claim();
  void take_rights_of_older() const;
  Result<void> take_name();
  bool link_as(const std::string& name) const;
  void remove_draft();

  std::string path_;  // as it was given
  Destination where_;
  std::string temporary_;
  std::string draft_;  // a name beside ours: of temporary_, or for the moment of replacing
  bool has_draft_ = false;
  UniqueFd fd_;
  UniqueFd older_;  // the file that will be replaced, locked
};

}  // namespace vsl::avformat
