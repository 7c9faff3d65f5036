// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "stranger.hpp"

/// A client as a container has it: other namespaces of every kind, a root file system with nothing
/// in it but the host's socket.
namespace vsl::untrusted {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;

int cannot(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  return kCannotBeTried;
}

bool write_file(const char* path, const std::string& text) {
  const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Reads three frames, with nothing else of the machine in sight.
int read_in_the_box() {
  if (::access("/proc", F_OK) == 0 || ::access("/dev/shm", F_OK) == 0) return 10;
  if (::getpid() != 1) return 11;
  // The host's user has no number in here.
  auto stranger = Client::connect("/cam", {.connect_timeout = 10s});
  if (stranger || stranger.error().code != std::errc::operation_not_permitted) return 17;
  auto client = Client::connect("/cam", {.connect_timeout = 10s, .host_uids = {kAnyUser}});
  if (!client) return 12;
  for (int frames = 0; frames < 3; ++frames) {
    auto frame = client->wait_frame(10s);
    if (!frame || !*frame) return 13;
    if (ipc::test::first_byte(**frame) != 7 || !(*frame)->valid()) return 14;
  }
  return client->stats().wire_version == 2 ? 0 : 15;
}

/// More: the folder to make the box in.
int enter_the_box(const Stage& stage) {
  const std::string box = stage.more[0], inside = box + "/cam";
  const std::string uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  constexpr int kAll =
      CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  if (::unshare(kAll) != 0) return cannot("unshare all namespaces");
  if (!write_file("/proc/self/setgroups", "deny") ||
      !write_file("/proc/self/uid_map", "0 " + uid + " 1") ||
      !write_file("/proc/self/gid_map", "0 " + gid + " 1")) {
    return cannot("map our user");
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", box.c_str(), "tmpfs", 0, "size=64k") != 0) {
    return cannot("mount an empty root");
  }
  const UniqueFd place(::open(inside.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC, 0600));
  if (!place || ::mount(stage.path.c_str(), inside.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    return cannot("bind the socket into it");
  }
  if (::chroot(box.c_str()) != 0 || ::chdir("/") != 0) return cannot("enter it");
  const pid_t child = ::fork();  // the first process of the PID namespace
  if (child == 0) ::_exit(read_in_the_box());
  int status = 0;
  ::waitpid(child, &status, 0);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 16);  // a leak checker would miss /proc here
}
const Role kBoxed("boxed", enter_the_box);

struct Folder {
  Folder() {
    if (::mkdtemp(path) == nullptr) std::abort();
    ::chmod(path, 0777);
  }
  ~Folder() { ::rmdir(path); }
  char path[32] = "/tmp/vsl-box-XXXXXX";
};

TEST(ContainerTest, AContainerNeedsTheSocketAndNothingElse) {
  if (const char* why = missing_rights()) GTEST_SKIP() << why;
  Bus bus({.socket_mode = 0666});
  const Folder box;
  Stranger stranger("boxed", kSomebody, bus.path(), {box.path});
  ASSERT_TRUE(bus.until([&] {
    if (bus.host.stats().v2_clients > 0) bus.publish(7);
    return stranger.ended();
  }));
  const int code = stranger.end();
  if (code == kCannotBeTried) GTEST_SKIP() << "this machine lets no user make namespaces";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace vsl::untrusted
