// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"
#include "histogram.hpp"

/// What the processes of a storm share beside the bus: orders, and an account that outlives whoever
/// wrote it, since most are killed.
namespace vsl::storm {

inline constexpr std::size_t kMaxSlots = 512;
inline constexpr std::size_t kMaxLives = 4096;
inline constexpr auto kRelaxed = std::memory_order_relaxed;  // an account: each figure by itself

/// What a process does. Those up to v1_reader read as programs should.
enum class Role : std::uint32_t {
  newest,     ///< C++ client, newest frame
  in_order,   ///< C++ client, in order
  poller,     ///< C++ client behind a descriptor
  c_reader,   ///< C interface
  v1_reader,  ///< wire version 1, written from its specification
  slow,       ///< keeps some frames for long
  v1_slow,    ///< keeps a frame for long in wire version 1, where it cannot be told
  greedy,     ///< keeps all it gets, for longer than the host allows
  starver,    ///< has almost no descriptors
  forker,     ///< forks with frames in its hands
  execer,     ///< becomes another program with frames in its hands
  liar,       ///< writes what it likes into its ledger
  flooder,    ///< sends as fast as it can, and reads nothing
  breaker,    ///< breaks off in the middle of every exchange
  connector,  ///< connects without end
  thief,      ///< requeues, parks on and wakes the chime
  ringer,     ///< fills and drains its eventfd, arms without end
  hoarder,    ///< of the scenarios: takes all it can and keeps it until it is told
  attacker,   ///< of the scoreboard: does what Settings::attack says
  metronome,  ///< no client at all: tells how late the machine wakes a sleeper
  host,
};
std::string_view name_of(Role role);
inline constexpr Role kFirstOdd = Role::slow, kFirstVandal = Role::liar, kLastOdd = Role::ringer;

/// Part of a run that has figures of its own.
enum class Phase : std::uint32_t { between, quiet, storm };
inline constexpr std::size_t kPhases = 3;

struct Settings {
  char socket[108];
  std::uint64_t seed;
  std::uint32_t slots, fps, width_px, height_px, buffers, max_leases;
  std::uint32_t awaited_clients;  ///< before the first frame
  std::int64_t hold_ns;
  std::uint64_t picture_bytes;
  uid_t vandal_uid;       ///< 0: vandals run as the host's user
  bool chime_per_client;  ///< then they must not share its readers' wake word
  bool v1, v2;            ///< wire versions that clients speak
  std::uint32_t attack;   ///< index of what an attacker does, and as whom
  bool attack_as_host_user;
  bool old_kernel;  ///< the host finds no SO_PASSRIGHTS, as before Linux 6.16
};

/// A gap, and why the frames in it were not had.
struct Gap {
  std::atomic<std::int64_t> length_ns, ended_ns;
  std::atomic<std::uint64_t> frames, gone, lapped, unknown_buffer;
};

/// What one reader saw in one phase.
struct Reading {
  std::atomic<std::uint64_t> frames;
  std::atomic<std::uint64_t> longest_gap_frames;
  Gap longest;
  Histogram gap, latency;
};

/// One slot's account, of all the processes that were in it one after the other.
struct ClientScore {
  std::atomic<Role> role;
  std::atomic<pid_t> pid;
  std::atomic<std::uint64_t> whole;     ///< frames proved
  std::atomic<std::uint64_t> torn;      ///< wrong content under a lease that stood
  std::atomic<std::uint64_t> stale;     ///< another frame's content, or a serial that went back
  std::atomic<std::uint64_t> old_life;  ///< a frame of a host that had ended
  std::atomic<std::uint64_t> told;      ///< frames taken back, and their reader told
  std::atomic<std::uint64_t> evicted;   ///< had to connect anew to a host that had not ended
  std::atomic<std::uint64_t> acts;      ///< misdeeds
  std::atomic<std::uint64_t> broke_in;  ///< misdeeds that should have been impossible
  std::atomic<std::int64_t> last_frame_ns;
  std::atomic<std::uint32_t> held;  ///< frames in a hoarder's hands
  std::atomic<std::uint32_t> last_life;
  std::atomic<std::int64_t> waiting_ns, waiting_cpu_ns;  ///< long spans without a host
  Histogram reattach;                                    ///< from a new host's start to its frame
  std::array<Reading, kPhases> phases;
  char finding[200];  ///< the first of them, in words
};

struct HostPhase {
  Histogram post;      ///< acquire and publish together
  Histogram post_cpu;  ///< the same by the processor's time, which others' load does not lengthen
  std::atomic<std::uint64_t> slept;  ///< posts in which the host gave the processor up by itself
  Histogram gap;                     ///< between posts
  Histogram starved;                 ///< until a buffer came back, when there was none
  Histogram busy;                    ///< of the processor's time from one post to the next
  std::atomic<std::int64_t> cpu_ns, wall_ns;
};

struct HostScore {
  std::atomic<std::uint64_t> posted, taken_back, no_buffer, refused, cut_off,
      fds_sent;                        // all lives
  std::atomic<std::uint32_t> clients;  ///< connected now
  std::atomic<std::uint32_t> audit_wanted, audit_done, audit_free;
  std::array<HostPhase, kPhases> phases;
  char failure[200];
};

struct Life {
  std::atomic<std::int64_t> listening_ns;
};

struct Score {
  Settings settings;
  std::atomic<Phase> phase;
  std::atomic<bool> finish;
  std::atomic<std::uint32_t> life;  ///< of the newest host, counted from 1
  HostScore host;
  std::array<Life, kMaxLives> lives;
  std::array<ClientScore, kMaxSlots> clients;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t more = 1) {
  counter.store(counter.load(kRelaxed) + more, kRelaxed);  // one process writes it at a time
}
/// Keeps the first sentence only.
void find(ClientScore& client, const std::string& sentence);

/// Owns the mapping and the descriptor that is handed to every process.
struct ScoreBoard {
  UniqueFd fd;
  Mapping mapping;

  static Result<ScoreBoard> create();
  static Result<ScoreBoard> attach(int fd);
  Score& operator*() const { return *mapping.as<Score>(); }
  Score* operator->() const { return mapping.as<Score>(); }
};

}  // namespace vsl::storm
