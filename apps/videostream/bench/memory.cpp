// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "memory.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "host_side.hpp"
#include "processes.hpp"
#include "timing.hpp"

namespace vsl::bench {
namespace {

constexpr std::uint32_t kIdleClients = 64;
constexpr std::int64_t kPatienceNs = 30'000'000'000;
constexpr std::string_view kMemfdPrefix = "/memfd:vsl:";
constexpr std::string_view kOwnMemfd = "/memfd:vsl:bench";

double anonymous_bytes() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::string key;
  while (file >> key) {
    double kib = 0;
    if (key == "Anonymous:" && file >> kib) return kib * 1024;
  }
  return 0;
}

/// Pages of the library's memfds that this process holds open, each counted once.
double memfd_bytes() {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::set<ino_t> seen;
  double total = 0;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string path = std::string("/proc/self/fd/") + entry->d_name;
    char target[256] = {};
    if (::readlink(path.c_str(), target, sizeof(target) - 1) < 0) continue;
    const std::string_view name = target;
    if (!name.starts_with(kMemfdPrefix) || name.starts_with(kOwnMemfd)) continue;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && seen.insert(status.st_ino).second) {
      total += 512.0 * static_cast<double>(status.st_blocks);
    }
  }
  ::closedir(directory);
  return total;
}

double memory_now() { return anonymous_bytes() + memfd_bytes(); }

/// A second of ordinary work, so that what the host allocates once is there in both measurements.
Result<void> publish_some(HostSide& host, const ControlPage& page) {
  for (std::uint32_t i = 0; i < 2 * page->settings.buffers; ++i) {
    VSL_TRY(Frame frame, host.acquire());
    VSL_TRY([[maybe_unused]] const std::int64_t cost_ns, host.publish(page, std::move(frame)));
  }
  return {};
}

}  // namespace

Result<double> host_bytes_per_idle_client(Settings settings) {
  settings.role = Role::idle;
  settings.clients = kIdleClients;
  VSL_TRY(ControlPage page, ControlPage::create(settings));
  VSL_TRY(HostSide host, HostSide::open(settings));
  Processes processes;
  VSL_CHECK(publish_some(host, page));
  const double before = memory_now();
  VSL_CHECK(processes.start(page.fd(), kIdleClients));
  const std::int64_t give_up_ns = now_ns() + kPatienceNs;
  while (page->ready.load(std::memory_order_acquire) < kIdleClients) {
    VSL_CHECK(host.serve());
    VSL_CHECK(processes.check_alive(page));
    if (now_ns() > give_up_ns) {
      return Error::of(std::errc::timed_out, "benchmark: wait for idle clients to connect");
    }
  }
  return (memory_now() - before) / kIdleClients;
}

}  // namespace vsl::bench
