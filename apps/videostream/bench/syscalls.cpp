// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "syscalls.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "c_client.hpp"
#include "host_side.hpp"
#include "processes.hpp"
#include "receiver.hpp"
#include "timing.hpp"

namespace vsl::bench {
namespace {

constexpr std::uint32_t kFrames = 100;
constexpr std::uint32_t kWarmup = 40;  ///< every buffer has been round twice
constexpr std::uint32_t kPairs = 200;
constexpr std::int64_t kFrameNs = 5'000'000;
constexpr int kSyscallStop = SIGTRAP | 0x80;  ///< PTRACE_O_TRACESYSGOOD, ptrace(2)

using Counts = std::array<std::uint64_t, static_cast<std::size_t>(Region::count)>;

/// Marks which call the traced process is in.
class InRegion {
 public:
  InRegion(Control& control, Region region) : control_(control) { control_.region = region; }
  ~InRegion() { control_.region = Region::none; }

 private:
  Control& control_;
};

/// In the child: asks to be traced and stops until the parent says go.
Result<void> become_traced() {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return Error::last("PTRACE_TRACEME");
  ::raise(SIGSTOP);
  return {};
}

/// Runs the stopped child to its end and counts the entries into the kernel by region.
Result<Counts> trace(pid_t pid, const ControlPage& page) {
  Counts counts{};
  bool entering = true;
  int status = 0;
  while (::waitpid(pid, &status, 0) == pid) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return counts;
    if (!WIFSTOPPED(status)) {
      return Error::of(std::errc::operation_not_permitted,
                       page->failed ? page->failure : "count system calls with ptrace");
    }
    int signal = WSTOPSIG(status);
    if (signal == kSyscallStop) {
      if (entering) ++counts[static_cast<std::size_t>(page->region.load())];
      entering = !entering;
      signal = 0;
    } else if (signal == SIGSTOP) {
      ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
      signal = 0;
    }
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, signal);
  }
  return Error::last("wait for a traced process");
}

/// The untraced side of a traced client.
void publish_until(const std::atomic<bool>& stop, HostSide& host, const ControlPage& page) {
  while (!stop) {
    auto frame = host.acquire();
    if (!frame || !host.publish(page, std::move(*frame))) return;
    sleep_until(now_ns() + kFrameNs);
  }
}

/// The untraced side of a traced host.
void receive_until(const std::atomic<bool>& stop, Settings settings) {
  settings.c_api = false;  // the C++ client waits for the host to appear
  auto receiver = open_receiver(settings, 0);
  while (!stop && receiver && (*receiver)->receive()) {
  }
}

Result<Counts> trace_client(Settings settings) {
  settings.role = Role::traced_client;
  VSL_TRY(ControlPage page, ControlPage::create(settings));
  VSL_TRY(HostSide host, HostSide::open(settings));
  Processes processes;
  VSL_CHECK(processes.start(page.fd(), 1));
  std::atomic<bool> stop = false;
  std::thread publisher([&] { publish_until(stop, host, page); });
  auto counts = trace(processes.front(), page);
  if (counts) processes.forget();  // it has ended and was waited for
  stop = true;
  publisher.join();
  return counts;
}

Result<Counts> trace_host(Settings settings) {
  settings.role = Role::traced_host;
  VSL_TRY(ControlPage page, ControlPage::create(settings));
  Processes processes;
  VSL_CHECK(processes.start(page.fd(), 1));
  std::atomic<bool> stop = false;
  std::thread reader([&] { receive_until(stop, settings); });
  auto counts = trace(processes.front(), page);
  if (counts) processes.forget();  // it has ended and was waited for
  stop = true;
  reader.join();
  return counts;
}

double share(const Counts& counts, Region region, std::uint32_t calls) {
  return static_cast<double>(counts[static_cast<std::size_t>(region)]) / calls;
}

}  // namespace

Result<SyscallCounts> count_syscalls(const Settings& settings) {
  Settings one = settings;
  one.clients = 1;
  one.pin = false;
  SyscallCounts result;
  VSL_TRY(const Counts client, trace_client(one));
  result.receive_per_frame = share(client, Region::receive, kFrames);
  result.lock_per_pair = share(client, Region::lock, kPairs);
  VSL_TRY(const Counts host, trace_host(one));
  result.acquire_per_frame = share(host, Region::acquire, kFrames);
  result.publish_per_frame = share(host, Region::publish, kFrames);
  return result;
}

Result<void> run_traced_client(const ControlPage& page) {
  VSL_CHECK(become_traced());
  VSL_TRY(const auto receiver, open_receiver(page->settings, 0));
  for (std::uint32_t i = 0; i < kWarmup + kFrames; ++i) {
    const InRegion region(*page, i < kWarmup ? Region::none : Region::receive);
    VSL_TRY([[maybe_unused]] const Arrival arrival, receiver->receive());
  }
  VSL_TRY(CClient client, CClient::connect(page->settings.socket));
  const CFrame frame = client.wait();
  if (!frame) return Error::last("vsl_frame_wait for a frame to lock");
  const InRegion region(*page, Region::lock);
  for (std::uint32_t i = 0; i < kPairs; ++i) {
    if (vsl_frame_trylock(frame.get()) != 0) return Error::last("vsl_frame_trylock");
    vsl_frame_unlock(frame.get());
  }
  return {};
}

Result<void> run_traced_host(const ControlPage& page) {
  VSL_CHECK(become_traced());
  VSL_TRY(HostSide host, HostSide::open(page->settings));
  while (host.host().stats().v2_clients == 0) VSL_CHECK(host.serve());
  for (std::uint32_t i = 0; i < kWarmup + kFrames; ++i) {
    const bool counted = i >= kWarmup;
    sleep_until(now_ns() + kFrameNs);
    page->region = counted ? Region::acquire : Region::none;
    VSL_TRY(Frame frame, host.acquire());
    page->region = counted ? Region::publish : Region::none;
    VSL_TRY([[maybe_unused]] const std::int64_t cost_ns, host.publish(page, std::move(frame)));
    page->region = Region::none;
  }
  return {};
}

}  // namespace vsl::bench
