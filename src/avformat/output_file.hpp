// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "avformat/destination.hpp"
#include "base/unique_fd.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

/// A file that grows by whole pieces. Whatever ends the process, everything before the piece that
/// was being written is in the file. Devices and pipes will do. Thread-confined.
class OutputFile {
 public:
  /// Opens `path` and keeps others of us from writing it too. What an older file holds is lost with
  /// the first append, not before.
  /// Errors: errno of opening it (directory missing, read-only …); those of Destination::find;
  ///         device_or_resource_busy.
  static Result<OutputFile> open(const std::string& path);
  OutputFile(OutputFile&& other) noexcept = default;
  OutputFile& operator=(OutputFile&& other) noexcept;
  /// Removes the file when it is ours and nothing was ever written.
  ~OutputFile();

  /// Errors: errno of the write (disk full, file too large, I/O); nothing of the piece stays.
  Result<void> append(std::span<const std::byte> piece);
  /// Everything so far survives a power cut once this returns. Errors: errno (I/O, disk full).
  Result<void> sync();
  const std::string& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  OutputFile(std::string path, Destination where, UniqueFd fd);
  void remove_unwritten() noexcept;
  Result<void> begin();
  Error take_back(int errnum) const;

  std::string path_;
  Destination where_;
  UniqueFd fd_;
  bool created_ = false, regular_ = false;
  bool begun_ = false, name_synced_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace vsl::avformat
