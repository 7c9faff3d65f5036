// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "control_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <new>
#include <utility>

namespace vsl::bench {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kControlBytes = (sizeof(Control) + kPageBytes - 1) / kPageBytes * kPageBytes;

/// Populated at once, so that the measured loops take no page fault that is the benchmark's own.
Result<Control*> map_control(int fd, std::size_t bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (data == MAP_FAILED) return Error::last("map the benchmark's control page");
  return static_cast<Control*>(data);
}

}  // namespace

Result<ControlPage> ControlPage::create(const Settings& settings) {
  std::size_t bytes = kControlBytes;
  if (settings.touch) bytes += settings.buffers * settings.frame_bytes;
  const int fd = ::memfd_create("vsl:bench", MFD_CLOEXEC);
  if (fd < 0) return Error::last("create the benchmark's control page");
  ControlPage page(fd, nullptr, bytes);
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) {
    return Error::last("size the benchmark's control page");
  }
  VSL_TRY(page.control_, map_control(fd, bytes));
  new (page.control_) Control{};
  page.control_->settings = settings;
  return page;
}

Result<ControlPage> ControlPage::attach(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Error::last("look at the benchmark's control page");
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < kControlBytes) {
    return Error::of(std::errc::invalid_argument, "map a control page of another version");
  }
  VSL_TRY(Control * control, map_control(fd, bytes));
  return ControlPage(fd, control, bytes);
}

ControlPage::ControlPage(ControlPage&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      control_(std::exchange(other.control_, nullptr)),
      bytes_(other.bytes_) {}

ControlPage& ControlPage::operator=(ControlPage&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(control_, other.control_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

ControlPage::~ControlPage() {
  if (control_ != nullptr) ::munmap(control_, bytes_);
  if (fd_ >= 0) ::close(fd_);
}

std::byte* ControlPage::floor_buffer(std::uint64_t number) const {
  const Settings& settings = control_->settings;
  if (!settings.touch) return nullptr;
  return reinterpret_cast<std::byte*>(control_) + kControlBytes +
         number % settings.buffers * settings.frame_bytes;
}

}  // namespace vsl::bench
