// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "schedule.hpp"
#include "score.hpp"

namespace vsl::storm {

/// The processes of a storm: started as new programs, killed, stopped, and reaped. Children of
/// children come to us too when they are orphaned, and are waited for.
class Crew {
 public:
  static constexpr std::uint32_t kHost = UINT32_MAX;

  explicit Crew(const ScoreBoard& board);
  ~Crew();  ///< kills and reaps what is left
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  Result<void> start(std::uint32_t slot, Role role);
  /// `life`: which host it is, counted from 1.
  Result<void> start_host(std::uint32_t life);
  bool alive(std::uint32_t slot) const { return pid(slot) > 0; }
  pid_t pid(std::uint32_t slot) const;
  Role role(std::uint32_t slot) const;
  /// To be followed by reap() until it is not alive.
  bool kill(std::uint32_t slot, int signal_number);
  bool stop(std::uint32_t slot, std::int64_t until_ns);
  void resume_due(std::int64_t now_ns);
  /// Takes note of all who ended; what none of them should have done is told in sentences.
  std::vector<std::string> reap();
  std::uint32_t orphans() const;  ///< children of ours that we did not start, still running
  std::uint64_t started() const { return started_; }
  std::uint64_t gave_up() const { return gave_up_; }

 private:
  struct Member {
    pid_t pid = -1;
    Role role = Role::host;
    std::uint32_t generation = 0;
    bool doomed = false;                ///< we sent it a signal that ends it
    std::int64_t stopped_until_ns = 0;  ///< 0: it runs
  };
  Member& member(std::uint32_t slot) { return slot == kHost ? host_ : clients_.at(slot); }
  Result<void> spawn(Member& member, std::uint32_t slot, std::uint32_t number);
  std::string judge_end(const Member& member, std::uint32_t slot, int status);

  const ScoreBoard& board_;
  Member host_;
  std::vector<Member> clients_;
  std::map<pid_t, std::uint32_t> slot_of_;
  std::uint64_t started_ = 0, gave_up_ = 0;
};

/// What a process of the crew does first: becomes who it is to be.
int play(int score_fd, Role role, std::uint32_t slot, std::uint32_t number);

}  // namespace vsl::storm
