// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/g2d/reach.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>

namespace vsl::convert::g2d {
namespace {

struct Exporter {
  const char* name;
  bool cached;  ///< the CPU sees it through its caches
};

// Names of heaps that take from the contiguous memory area, and of the V4L2 allocator that does.
constexpr Exporter kContiguous[] = {
    {"linux,cma", true},           {"reserved", true},           {"default_cma_region", true},
    {"linux,cma-uncached", false}, {"reserved-uncached", false}, {"videobuf2_dma_contig", false},
};

// Where devices see what is in the caches, nothing has to be attached.
#if defined(__x86_64__) || defined(__i386__)
constexpr bool kDevicesSeeCaches = true;
#else
constexpr bool kDevicesSeeCaches = false;
#endif

// drm.h: DRM_IOCTL_PRIME_FD_TO_HANDLE
struct PrimeHandle {
  std::uint32_t handle = 0, flags = 0;
  std::int32_t fd = -1;
};
constexpr unsigned long kPrimeFdToHandle = _IOWR('d', 0x2e, PrimeHandle);
constexpr int kFirstRenderNode = 128, kRenderNodes = 8;

// Imports the buffer into a GPU's driver, which attaches its device for as long as its node is
// open.
UniqueFd attach_a_device(int fd) {
  for (int i = 0; i < kRenderNodes; ++i) {
    const std::string path = "/dev/dri/renderD" + std::to_string(kFirstRenderNode + i);
    UniqueFd node(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    PrimeHandle request{.handle = 0, .flags = 0, .fd = fd};
    if (node && ::ioctl(node.get(), kPrimeFdToHandle, &request) == 0) return node;
  }
  return {};
}

}  // namespace

std::string exporter_of(int fd) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(fd);
  const UniqueFd info(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text{};  // a few short lines
  const ssize_t length = info ? ::read(info.get(), text.data(), text.size()) : -1;
  return length > 0 ? exporter_in({text.data(), static_cast<std::size_t>(length)}) : "";
}

std::string exporter_in(std::string_view fdinfo) {
  constexpr std::string_view kKey = "\nexp_name:\t";
  // The first one: what follows may be a name that anybody gave the buffer.
  const std::size_t key = fdinfo.find(kKey);
  if (key == std::string_view::npos) return {};
  const std::string_view value = fdinfo.substr(key + kKey.size());
  return std::string(value.substr(0, value.find('\n')));
}

Reach reach_of(const Buffer& buffer) {
  if (buffer.kind() != MemoryKind::dma_buf) return {};
  const std::string name = exporter_of(buffer.fd());
  const auto* const exporter = std::find_if(std::begin(kContiguous), std::end(kContiguous),
                                            [&](const Exporter& one) { return name == one.name; });
  if (exporter == std::end(kContiguous)) return {};
  if (!exporter->cached || kDevicesSeeCaches) return {.possible = true, .held = {}};
  UniqueFd device = attach_a_device(buffer.fd());
  const bool attached = static_cast<bool>(device);
  return {.possible = attached, .held = std::move(device)};
}

}  // namespace vsl::convert::g2d
