// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <map>

#include "stranger.hpp"

namespace vsl::untrusted {
namespace {

constexpr int kLineFd = 3;
constexpr const char* kMark = "--stranger";

std::map<std::string, Role::Body>& roles() {
  static std::map<std::string, Role::Body> all;
  return all;
}

void become(uid_t uid, gid_t gid) {
  if (::setgroups(0, nullptr) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0) ::_exit(98);
  // As a program is that this user has started: its own /proc entries are its own.
  ::prctl(PR_SET_DUMPABLE, 1);
}

}  // namespace

Role::Role(const char* name, Body body) { roles()[name] = body; }

int run_role(int argc, char** argv) {
  if (argc < 6 || argv[1] != std::string(kMark)) return -1;
  become(static_cast<uid_t>(std::stoul(argv[3])), static_cast<gid_t>(std::stoul(argv[4])));
  const Stage stage{faults::Line(UniqueFd(kLineFd)), argv[5], {argv + 6, argv + argc}};
  const int code = roles().at(argv[2])(stage);
  const bool failed = ::testing::UnitTest::GetInstance()->ad_hoc_test_result().Failed();
  return code == 0 && failed ? 1 : code;
}

Stranger::Stranger(const std::string& role, User user, const std::string& path,
                   const std::vector<std::string>& more) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  UniqueFd ours(ends[0]), its(ends[1]);
  std::vector<std::string> words = {
      "stranger", kMark, role, std::to_string(user.uid), std::to_string(user.gid), path};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    if (its.get() == kLineFd) ::fcntl(kLineFd, F_SETFD, 0);
    if (its.get() != kLineFd) ::dup2(its.get(), kLineFd);
    ::execv("/proc/self/exe", arguments.data());
    ::_exit(97);
  }
  line_.emplace(std::move(ours));
}

Stranger::~Stranger() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  (void)end();
}

bool Stranger::ended() const {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid == pid_;
}

int Stranger::end() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace vsl::untrusted

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const int code = vsl::untrusted::run_role(argc, argv);
  return code >= 0 ? code : RUN_ALL_TESTS();
}
