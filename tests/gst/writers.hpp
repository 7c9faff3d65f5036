// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <dlfcn.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>

/// Who writes into memory that is shared: a decoder that decodes into it, or a copy.
namespace vsl::gst_test {

#if defined(__x86_64__)
inline void* instruction_of(const ucontext_t& context) {
  return reinterpret_cast<void*>(context.uc_mcontext.gregs[REG_RIP]);
}
#elif defined(__aarch64__)
inline void* instruction_of(const ucontext_t& context) {
  return reinterpret_cast<void*>(context.uc_mcontext.pc);
}
#else
inline void* instruction_of(const ucontext_t&) { return nullptr; }
#endif

/// Takes the right to write away from all buffers at every watch(); the first instruction that
/// writes into one afterwards is remembered, and gets it back. One at a time in a process.
class Writers {
 public:
  Writers() {
    count_ = writes_ = 0;
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    ::sigaction(SIGSEGV, &action, &before_);
  }
  ~Writers() {
    for (std::size_t i = 0; i < count_; ++i) allow(ranges_[i]);
    ::sigaction(SIGSEGV, &before_, nullptr);
  }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  static void watch() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find("memfd:vsl-buffer") == std::string::npos) continue;
      std::size_t used = 0;
      const std::uintptr_t begin = std::stoull(line, &used, 16);
      const std::uintptr_t end = std::stoull(line.substr(used + 1), nullptr, 16);
      if (!remember(begin, end)) continue;
      ::mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ);
    }
  }

  /// How many of the first writes came from each library, by its file's name.
  static std::map<std::string, int> libraries() {
    std::map<std::string, int> found;
    for (std::size_t i = 0; i < std::min<std::size_t>(writes_, instructions_.size()); ++i) {
      Dl_info about{};
      const bool known = ::dladdr(instructions_[i], &about) != 0 && about.dli_fname != nullptr;
      const std::string file = known ? about.dli_fname : "code of no library";
      ++found[file.substr(file.rfind('/') + 1)];
    }
    return found;
  }

 private:
  struct Range {
    std::uintptr_t begin, end;
  };

  /// Faults of other threads are looked up meanwhile: what is known never changes.
  static bool remember(std::uintptr_t begin, std::uintptr_t end) {
    const std::size_t count = count_;
    for (std::size_t i = 0; i < count; ++i) {
      if (ranges_[i].begin == begin && ranges_[i].end == end) return true;
    }
    if (count == ranges_.size()) return false;
    ranges_[count] = {begin, end};
    count_ = count + 1;
    return true;
  }

  static void allow(const Range& range) {
    ::mprotect(reinterpret_cast<void*>(range.begin), range.end - range.begin,
               PROT_READ | PROT_WRITE);
  }

  static void on_fault(int, siginfo_t* info, void* context) {
    const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (std::size_t i = 0; i < count_; ++i) {
      if (at < ranges_[i].begin || at >= ranges_[i].end) continue;
      const std::size_t next = writes_++;
      if (next < instructions_.size()) {
        instructions_[next] = instruction_of(*static_cast<const ucontext_t*>(context));
      }
      allow(ranges_[i]);
      return;
    }
    ::signal(SIGSEGV, SIG_DFL);  // a fault like any other
  }

  static inline std::array<Range, 1024> ranges_;
  static inline std::atomic<std::size_t> count_, writes_;
  static inline std::array<void*, 4096> instructions_;
  struct sigaction before_ {};
};

}  // namespace vsl::gst_test
