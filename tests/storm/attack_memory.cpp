// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "attacks.hpp"

/// Every way to change memory that is given to be read.
namespace vsl::storm {
namespace {

namespace v2 = wire::v2;
constexpr std::size_t kPage = 4096;

bool map_with(int fd, int protection, int flags) {
  void* view = ::mmap(nullptr, kPage, protection, flags, fd, 0);
  if (view == MAP_FAILED) return false;
  ::munmap(view, kPage);
  return true;
}

bool map_then(int fd, bool (*then)(void*)) {
  void* view = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0);
  if (view == MAP_FAILED) return false;
  const bool done = then(view);
  ::munmap(view, kPage);
  return done;
}

std::string own_name_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

bool open_anew(int fd, int flags) {
  const UniqueFd again(::open(own_name_of(fd).c_str(), flags | O_CLOEXEC));
  return static_cast<bool>(again);
}

/// Who owns the file may open it for writing: its seals have to stand in the way then.
bool open_and_change(int fd, bool (*change)(int)) {
  const UniqueFd again(::open(own_name_of(fd).c_str(), O_RDWR | O_CLOEXEC));
  return again && change(again.get());
}

bool splice_into(int fd) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  const UniqueFd out(ends[0]), in(ends[1]);
  if (::write(in.get(), "x", 1) != 1) return false;
  loff_t at = 0;
  return ::splice(out.get(), nullptr, fd, &at, 1, 0) > 0;
}

bool copy_from_file(int fd, bool by_sendfile) {
  const UniqueFd file(::memfd_create("bytes", MFD_CLOEXEC));
  if (::ftruncate(file.get(), kPage) != 0) return false;
  if (by_sendfile) return ::sendfile(fd, file.get(), nullptr, 1) > 0;
  loff_t from = 0, to = 0;
  return ::copy_file_range(file.get(), &from, fd, &to, 1, 0) > 0;
}

struct Way {
  const char* name;
  bool (*works)(int fd);
};
constexpr std::array kWays{
    Way{"mmap for writing", [](int fd) { return map_with(fd, PROT_WRITE, MAP_SHARED); }},
    Way{"mmap for both",
        [](int fd) { return map_with(fd, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE); }},
    Way{"mprotect",
        [](int fd) {
          return map_then(
              fd, [](void* view) { return ::mprotect(view, kPage, PROT_READ | PROT_WRITE) == 0; });
        }},
    Way{"madvise(MADV_REMOVE)",
        [](int fd) {
          return map_then(fd, [](void* view) { return ::madvise(view, kPage, MADV_REMOVE) == 0; });
        }},
    Way{"write", [](int fd) { return ::write(fd, "x", 1) > 0; }},
    Way{"pwrite", [](int fd) { return ::pwrite(fd, "x", 1, 0) > 0; }},
    Way{"ftruncate to nothing", [](int fd) { return ::ftruncate(fd, 0) == 0; }},
    Way{"ftruncate to more", [](int fd) { return ::ftruncate(fd, 1 << 30) == 0; }},
    Way{"fallocate", [](int fd) { return ::fallocate(fd, 0, 1 << 29, kPage) == 0; }},
    Way{"fallocate of a hole",
        [](int fd) {
          return ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kPage) == 0;
        }},
    Way{"fallocate of zeros",
        [](int fd) { return ::fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, kPage) == 0; }},
    Way{"opened anew for writing", [](int fd) { return open_anew(fd, O_RDWR); }},
    Way{"opened anew and truncated", [](int fd) { return open_anew(fd, O_WRONLY | O_TRUNC); }},
    Way{"a mode for all, then opened anew",
        [](int fd) { return ::fchmod(fd, 0666) == 0 && open_anew(fd, O_RDWR); }},
    Way{"a file of its own, written",
        [](int fd) {
          return open_and_change(fd, [](int own) { return ::pwrite(own, "x", 1, 0) > 0; });
        }},
    Way{"a file of its own, mapped",
        [](int fd) {
          return open_and_change(
              fd, [](int own) { return map_with(own, PROT_READ | PROT_WRITE, MAP_SHARED); });
        }},
    Way{"a file of its own, cut",
        [](int fd) {
          return open_and_change(fd, [](int own) { return ::ftruncate(own, 0) == 0; });
        }},
    Way{"a file of its own, a hole in it",
        [](int fd) {
          return open_and_change(fd, [](int own) {
            return ::fallocate(own, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kPage) == 0;
          });
        }},
    Way{"another seal",
        [](int fd) { return ::fcntl(fd, F_ADD_SEALS, 0x8 /* F_SEAL_WRITE */) == 0; }},
    Way{"splice", splice_into},
    Way{"sendfile", [](int fd) { return copy_from_file(fd, true); }},
    Way{"copy_file_range", [](int fd) { return copy_from_file(fd, false); }},
};

enum class Target { board, chime, buffer };

int change(Actor& actor, const Way& way, Target target) {
  auto client = joined(actor);
  if (!client) return kGaveUp;
  std::vector<UniqueFd> buffers;
  while (target == Target::buffer && buffers.empty() && !actor.finished()) {
    breathe(actor, 1'000, 2'000);
    buffers = client->take_buffers();
  }
  if (target == Target::buffer && buffers.empty()) return kDone;
  const int fd = target == Target::board   ? client->welcome_fds[0].get()
                 : target == Target::chime ? client->welcome_fds[1].get()
                                           : buffers.front().get();
  while (!actor.finished()) {
    count(actor.self.acts);
    if (way.works(fd)) {
      count(actor.self.broke_in);
      find(actor.self, std::string("memory that is only to be read was changed by ") + way.name);
    }
    breathe(actor, 1'000, 10'000);
  }
  return kDone;
}

}  // namespace

void add_memory(std::vector<Attack>& all) {
  constexpr const char* kTargets[] = {"board", "chime", "buffer"};
  for (const bool as_host_user : {false, true}) {
    for (const Target target : {Target::board, Target::chime, Target::buffer}) {
      for (const Way& way : kWays) {
        // The mode is its owner's to change; the seals are what counts there.
        const std::string_view name = way.name;
        if (as_host_user && (target != Target::buffer || name.find("anew") != name.npos)) continue;
        all.push_back({std::string(as_host_user ? "own user, " : "") +
                           kTargets[static_cast<int>(target)] + ": " + way.name,
                       [&way, target](Actor& actor) { return change(actor, way, target); },
                       as_host_user});
      }
    }
  }
}

}  // namespace vsl::storm
