// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace vsl::avformat {

bool has_no_sync(int errnum) { return errnum == EINVAL || errnum == EROFS || errnum == ENOTSUP; }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

void sync_folder_of(const std::string& path) {
  const int fd = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a folder that may be written and not read
  ::fsync(fd);
  ::close(fd);
}

}  // namespace vsl::avformat
