// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "crew.hpp"

#include <grp.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "base/clock.hpp"
#include "roles.hpp"

namespace vsl::storm {

Crew::Crew(const ScoreBoard& board) : board_(board), clients_(kMaxSlots) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

Crew::~Crew() {
  for (const auto& [pid, slot] : slot_of_) ::kill(pid, SIGKILL);
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

pid_t Crew::pid(std::uint32_t slot) const {
  return slot == kHost ? host_.pid : clients_.at(slot).pid;
}

Role Crew::role(std::uint32_t slot) const {
  return slot == kHost ? Role::host : clients_.at(slot).role;
}

Result<void> Crew::spawn(Member& member, std::uint32_t slot, std::uint32_t number) {
  std::array<std::string, 6> words = {"videostream_storm",
                                      "--play",
                                      std::to_string(board_.fd.get()),
                                      std::to_string(static_cast<std::uint32_t>(member.role)),
                                      std::to_string(slot),
                                      std::to_string(number)};
  std::array<char*, 7> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  // Onto itself: clears close-on-exec.
  ::posix_spawn_file_actions_adddup2(&actions, board_.fd.get(), board_.fd.get());
  const int failure =
      ::posix_spawn(&member.pid, "/proc/self/exe", &actions, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    member.pid = -1;
    return Error::from_errno(failure, "start a process of the storm");
  }
  ++started_;
  slot_of_[member.pid] = slot;
  return {};
}

Result<void> Crew::start(std::uint32_t slot, Role role) {
  Member& member = clients_.at(slot);
  member = {-1, role, member.generation + 1, false, 0};
  return spawn(member, slot, member.generation);
}

Result<void> Crew::start_host(std::uint32_t life) {
  host_ = {-1, Role::host, life, false, 0};
  return spawn(host_, kHost, life);
}

bool Crew::kill(std::uint32_t slot, int signal_number) {
  Member& hit = member(slot);
  if (hit.pid <= 0 || hit.doomed) return false;
  hit.doomed = true;
  ::kill(hit.pid, signal_number);
  return true;
}

bool Crew::stop(std::uint32_t slot, std::int64_t until_ns) {
  Member& hit = member(slot);
  if (hit.pid <= 0 || hit.doomed || hit.stopped_until_ns != 0) return false;
  hit.stopped_until_ns = until_ns;
  ::kill(hit.pid, SIGSTOP);
  return true;
}

void Crew::resume_due(std::int64_t now_ns) {
  for (Member& client : clients_) {
    if (client.stopped_until_ns == 0 || client.stopped_until_ns > now_ns) continue;
    client.stopped_until_ns = 0;
    if (client.pid > 0) ::kill(client.pid, SIGCONT);
  }
}

std::string Crew::judge_end(const Member& ended, std::uint32_t slot, int status) {
  const bool host = slot == kHost;
  const std::string who = std::string(name_of(ended.role)) + (host ? " " : " in slot ") +
                          std::to_string(host ? ended.generation : slot);
  if (WIFSIGNALED(status)) {
    if (ended.doomed && WTERMSIG(status) == SIGKILL) return "";
    return who + " died of signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  }
  const int code = WEXITSTATUS(status);
  if (code == kDone) return host && !ended.doomed ? who + " ended by itself" : "";
  const bool odd =
      (ended.role >= kFirstOdd && ended.role <= kLastOdd) || ended.role == Role::attacker;
  if (code == kGaveUp && odd) {
    ++gave_up_;
    return "";
  }
  const char* said = host ? board_->host.failure : board_->clients.at(slot).finding;
  return who + " ended with " + std::to_string(code) + (said[0] != 0 ? ": " : "") + said;
}

std::vector<std::string> Crew::reap() {
  std::vector<std::string> faults;
  for (int status = 0;;) {
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return faults;
    const auto found = slot_of_.find(pid);
    if (found == slot_of_.end()) continue;  // an orphan of a forker
    const std::uint32_t slot = found->second;
    slot_of_.erase(found);
    std::string fault = judge_end(member(slot), slot, status);
    if (!fault.empty()) faults.push_back(std::move(fault));
    member(slot).pid = -1;
  }
}

std::uint32_t Crew::orphans() const {
  const std::string self = std::to_string(::getpid());
  std::ifstream children("/proc/self/task/" + self + "/children");
  std::uint32_t count = 0;
  for (pid_t pid = 0; children >> pid;) count += slot_of_.contains(pid) ? 0 : 1;
  return count;
}

namespace {

int act(Actor& actor, Role role) {
  switch (role) {
    case Role::c_reader:
      return run_c_reader(actor);
    case Role::v1_reader:
    case Role::v1_slow:
      return run_v1_reader(actor, role);
    case Role::slow:
      return run_slow(actor);
    case Role::greedy:
      return run_greedy(actor);
    case Role::starver:
      return run_starver(actor);
    case Role::forker:
      return run_forker(actor);
    case Role::execer:
      return run_execer(actor);
    case Role::liar:
      return run_liar(actor);
    case Role::flooder:
      return run_flooder(actor);
    case Role::breaker:
      return run_breaker(actor);
    case Role::connector:
      return run_connector(actor);
    case Role::thief:
      return run_thief(actor);
    case Role::ringer:
      return run_ringer(actor);
    case Role::hoarder:
      return run_hoarder(actor);
    case Role::attacker:
      return run_attacker(actor);
    case Role::metronome:
      return run_metronome(actor);
    default:
      return run_reader(actor, role);
  }
}

/// The ringer needs what only the host's own user is given.
bool is_stranger(Role role, const Settings& settings) {
  if (role == Role::attacker) return !settings.attack_as_host_user;
  return role >= kFirstVandal && role <= kLastOdd && role != Role::ringer;
}

bool become(uid_t uid) {
  return ::setgroups(0, nullptr) == 0 && ::setresgid(uid, uid, uid) == 0 &&
         ::setresuid(uid, uid, uid) == 0;
}

}  // namespace

int play(int score_fd, Role role, std::uint32_t slot, std::uint32_t number) {
  auto board = ScoreBoard::attach(score_fd);
  ::close(score_fd);
  if (!board) return kGaveUp;
  Score& score = **board;
  ::signal(SIGINT, SIG_IGN);  // the storm decides when an interrupted run ends
  const uid_t uid = score.settings.vandal_uid;
  if (is_stranger(role, score.settings) && uid != 0 && !become(uid)) return kGaveUp;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of user, which clears it
  if (role == Role::host) return run_host(score, number);
  ClientScore& self = score.clients.at(slot);
  self.role.store(role, kRelaxed);
  self.pid.store(::getpid(), kRelaxed);
  self.last_life.store(0, kRelaxed);
  Actor actor{score, self, random_of(score.settings.seed, slot, number)};
  return act(actor, role);
}

}  // namespace vsl::storm
