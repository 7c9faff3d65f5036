// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/byte_file.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace vsl::avformat {

Result<ByteFile> ByteFile::open(const std::string& path) {
  constexpr std::size_t kChunkBytes = 1 << 20;
  const std::string what = "Failed to open input file " + path;
  ByteFile file;
  file.path_ = path;
  file.file_.reset(std::fopen(path.c_str(), "rbe"));
  if (file.file_ == nullptr) return Error::last(what);
  struct stat status {};
  if (::fstat(::fileno(file.file_.get()), &status) != 0) return Error::last(what);
  if (S_ISDIR(status.st_mode)) return Error::of(std::errc::is_a_directory, what);
  file.size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  file.chunk_.resize(kChunkBytes);
  return file;
}

Result<std::span<const std::byte>> ByteFile::read() {
  const std::size_t bytes = std::fread(chunk_.data(), 1, chunk_.size(), file_.get());
  if (bytes == 0 && std::ferror(file_.get()) != 0) return Error::last("read " + path_);
  return std::span<const std::byte>(chunk_).first(bytes);
}

Result<void> ByteFile::rewind() {
  if (std::fseek(file_.get(), 0, SEEK_SET) == 0) return {};
  return Error::last("go back to the start of " + path_ + " (it has to be a file, not a pipe)");
}

}  // namespace vsl::avformat
