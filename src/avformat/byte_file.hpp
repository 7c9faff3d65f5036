// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "videostream/result.hpp"

namespace vsl::avformat {

/// Reads a file from its start to its end in chunks.
class ByteFile {
 public:
  /// Errors: errno of opening it; is_a_directory.
  static Result<ByteFile> open(const std::string& path);

  /// The next bytes, valid until the next call; empty at the end. Errors: errno of the read.
  Result<std::span<const std::byte>> read();
  /// Back to the start. Errors: errno (a pipe cannot).
  Result<void> rewind();
  std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<std::byte> chunk_;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace vsl::avformat
