// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "faults.hpp"
#include "ipc/capi_access.hpp"
#include "ipc/start_lock.hpp"

/// The file of a host's socket: what becomes of it, and whom it may mean.
namespace vsl {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using faults::Process;
using faults::RawPeer;
using faults::readable;
using ipc::StartLock;
using ipc::test::Bus;
using ipc::test::must;

constexpr uid_t kSomebody = 65534;

/// A bus in a folder of its own.
class SocketFileTest : public ::testing::Test {
 protected:
  SocketFileTest() {
    std::string name = fs::temp_directory_path() / "vsl-socket-file-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "cam";
  }
  ~SocketFileTest() override { fs::remove_all(folder_); }

  Bus listen(HostOptions options = {}) const {
    Bus bus(options);
    bus.host = must(Host::listen(path_, options));
    return bus;
  }
  bool comes_back(Bus& bus) const {
    return bus.until([&] { return fs::is_socket(path_); });
  }
  std::set<std::string> entries() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename());
    return names;
  }

  fs::path folder_, path_;
};

TEST_F(SocketFileTest, IsTheNameThatTheKernelHasForTheSocket) {
  const Bus bus = listen();
  sockaddr_un address{};
  socklen_t length = sizeof address;
  ASSERT_EQ(
      ::getsockname(ipc::host_sockets(bus.host)[0], reinterpret_cast<sockaddr*>(&address), &length),
      0);
  EXPECT_EQ(std::string(address.sun_path,
                        ::strnlen(address.sun_path, length - offsetof(sockaddr_un, sun_path))),
            path_);
}

TEST_F(SocketFileTest, APathOfAsManyBytesAsThereAreIsServed) {
  path_ = folder_ / std::string(sizeof sockaddr_un::sun_path - folder_.string().size() - 1, 'x');
  Bus bus = listen();
  Client client = must(Client::connect(path_));
  EXPECT_TRUE(bus.round(client));
}

// Of directories that are aged (tmpfiles.d), what a bound socket's file is called decides.
TEST_F(SocketFileTest, OfALiveHostIsLeftAloneByACleanerOfTmp) {
  if (std::system("systemd-tmpfiles --version > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "needs systemd-tmpfiles";
  }
  const Bus bus = listen();
  const fs::path aged = folder_ / "aged", rules = fs::path(folder_.string() + ".conf");
  std::ofstream(aged) << "as old as the socket";
  std::ofstream(rules) << "d " << folder_.string() << " - - - 4s\n";
  const std::string clean = "systemd-tmpfiles --clean " + rules.string();
  const std::int64_t give_up_ns = monotonic_ns() + 60'000'000'000;
  while (fs::exists(aged) && monotonic_ns() < give_up_ns) ASSERT_EQ(std::system(clean.c_str()), 0);
  EXPECT_FALSE(fs::exists(aged)) << "nothing was cleaned";
  EXPECT_TRUE(fs::is_socket(path_));
  fs::remove(rules);
}

TEST_F(SocketFileTest, IsPutBackWhenItIsRemoved) {
  Bus bus = listen({.socket_mode = 0600});
  Client before = must(Client::connect(path_));
  ASSERT_TRUE(bus.round(before));
  const std::vector<int> sockets = ipc::host_sockets(bus.host);
  fs::remove(path_);
  ASSERT_TRUE(comes_back(bus));
  Client after = must(Client::connect(path_));
  EXPECT_TRUE(bus.round(after));
  EXPECT_TRUE(bus.next(before)) << "who was connected stays so";
  EXPECT_EQ(ipc::host_sockets(bus.host)[0], sockets[0]) << "programs poll this number";
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  bus.host.close();
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(SocketFileTest, OfAHostWithNothingToDoIsPutBackToo) {
  Bus bus = listen();
  const int watched = bus.host.fd();
  while (readable(watched, 0)) ASSERT_TRUE(bus.host.process());
  for (int times = 0; times < 2; ++times) {
    fs::remove(path_);
    while (!fs::is_socket(path_)) {
      ASSERT_TRUE(readable(watched, 30'000)) << "nothing wakes the host";
      ASSERT_TRUE(bus.host.process());
    }
    EXPECT_TRUE(Client::connect(path_));
  }
}

TEST_F(SocketFileTest, ReturnsIntoAFolderThatWasReplaced) {
  Bus bus = listen();
  const int watched = bus.host.fd();
  while (readable(watched, 0)) ASSERT_TRUE(bus.host.process());
  const fs::path away = folder_.string() + ".away";
  fs::rename(folder_, away);
  ASSERT_TRUE(readable(watched, 30'000));
  ASSERT_TRUE(bus.host.process());
  fs::create_directory(folder_);
  ASSERT_TRUE(comes_back(bus));
  EXPECT_TRUE(Client::connect(path_));
  fs::remove_all(away);
}

TEST_F(SocketFileTest, LetsInWhoConnectedBeforeItWent) {
  Bus bus = listen();
  RawPeer early(path_);
  ASSERT_EQ(early.hello(), ipc::Transfer::done);
  fs::remove(path_);
  EXPECT_TRUE(bus.until([&] { return early.receive() == wire::v2::MessageType::hello; }));
}

TEST_F(SocketFileTest, IsNotFoughtForWithAHostThatTookThePath) {
  Bus bus = listen();
  Client client = must(Client::connect(path_));
  ASSERT_TRUE(bus.round(client));
  fs::remove(path_);
  Host taker = must(Host::listen(path_));
  for (int rounds = 0; rounds < 3; ++rounds) ASSERT_TRUE(bus.round(client));
  taker.close();
  for (int rounds = 0; rounds < 3; ++rounds) ASSERT_TRUE(bus.round(client));
  EXPECT_FALSE(fs::exists(path_)) << "it would be in the way of the other's next life";
}

TEST_F(SocketFileTest, NothingElseIsLeftByAHostThatWasKilledWhileItStarted) {
  for (int times = 0; times < 8; ++times) {
    Process starter([&](const faults::Line&) {
      for (;;) (void)ipc::Listener::open(path_, {.mode = 0666}).has_value();
      return 0;
    });
    while (!fs::exists(path_) && !starter.ended()) ::poll(nullptr, 0, 1);
    std::this_thread::sleep_for(std::chrono::microseconds(137 * times % 1999));
    (void)starter.end(SIGKILL);
    for (const std::string& name : entries()) EXPECT_TRUE(name == "cam" || name == "cam.lock");
    EXPECT_TRUE(ipc::Listener::open(path_, {}));
    EXPECT_TRUE(entries().empty());
  }
}

// In a folder of the attacker's, who puts a link in the place of every socket.
TEST_F(SocketFileTest, RootSetsTheModeOfNothingButItsSocket) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const fs::path victim = folder_.string() + ".victim";
  std::ofstream(victim) << "root's alone";
  ASSERT_EQ(::chmod(victim.c_str(), 0600), 0);
  ASSERT_EQ(::chown(folder_.c_str(), kSomebody, kSomebody), 0);
  const Process attacker([&](const faults::Line&) {
    if (::setgid(kSomebody) != 0 || ::setuid(kSomebody) != 0) return 1;
    for (;;) {
      std::error_code gone;
      for (const auto& entry : fs::directory_iterator(folder_, gone)) {
        if (!entry.is_socket(gone)) continue;
        ::rename(entry.path().c_str(), (folder_ / "x").c_str());
        (void)!::symlink(victim.c_str(), entry.path().c_str());
      }
    }
  });
  const mode_t before = ::umask(0077);
  for (int times = 0; times < 400; ++times) {
    (void)ipc::Listener::open(path_, {.mode = 0666, .group = kSomebody}).has_value();
    ::unlink(path_.c_str());
  }
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(victim.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(status.st_gid, ::getegid());
  fs::remove(victim);
}

TEST_F(SocketFileTest, AnotherUsersLockFileIsAnErrorThatNamesThem) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make another user's file";
  const std::string lock = path_.string() + ".lock";
  std::ofstream(lock).put('x');
  ASSERT_EQ(::chown(lock.c_str(), kSomebody, kSomebody), 0);
  const UniqueFd held(::open(lock.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  const auto host = Host::listen(path_);
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().code, std::errc::permission_denied);
  EXPECT_NE(host.error().message().find("user 65534"), std::string::npos);
  EXPECT_TRUE(fs::exists(lock)) << "it is not ours to remove";
}

TEST_F(SocketFileTest, ASignalEndsTheWaitForAnotherHostThatStarts) {
  const StartLock held = must(StartLock::take(path_, StartLock::Wait::for_others));
  Process waiting([&](const faults::Line& line) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGTERM, &action, nullptr);
    line.tell(1);
    const auto host = Host::listen(path_);
    return !host && host.error().code == std::errc::interrupted ? 0 : 1;
  });
  (void)waiting.line().wait();
  while (!waiting.ended()) {
    waiting.signal(SIGTERM);
    ::poll(nullptr, 0, 1);
  }
  EXPECT_EQ(waiting.end(), 0);
}

TEST_F(SocketFileTest, AHostThatStartsWaitsForTheOneBeforeIt) {
  std::optional<StartLock> held = must(StartLock::take(path_, StartLock::Wait::for_others));
  const auto refused = StartLock::take(path_, StartLock::Wait::never);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::resource_unavailable_try_again);
  EXPECT_TRUE(fs::exists(path_.string() + ".lock")) << "it is the holder's to remove";
  Process waiting([&](const faults::Line& line) {
    line.tell(1);
    return Host::listen(path_) ? 0 : 1;
  });
  (void)waiting.line().wait();
  held.reset();
  EXPECT_EQ(waiting.end(), 0);
}

}  // namespace
}  // namespace vsl
