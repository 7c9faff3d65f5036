// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "schedule.hpp"
#include "score.hpp"

namespace vsl::storm {

/// What every role is given.
struct Actor {
  Score& score;
  ClientScore& self;
  Random random;

  const char* path() const { return score.settings.socket; }
  bool finished() const { return score.finish.load(kRelaxed); }
  std::int64_t period_ns() const { return 1'000'000'000 / score.settings.fps; }
};

/// What the client counts since it began: why frames did not come, how often it connected anew.
struct Counts {
  std::uint64_t gone = 0, lapped = 0, unknown_buffer = 0, reconnects = 0;
};

/// Keeps a reader's account: what came, in which order, after which gaps, and whether it was whole.
class Account {
 public:
  explicit Account(Actor& actor) : score_(actor.score), self_(actor.self) {}

  /// A frame was handed over. `session`: the host's epoch, or what stands for it; never 0.
  void arrived(std::uint64_t session, std::uint64_t serial, std::int64_t published_ns,
               const Counts& counts = {});
  /// Reads the picture, then asks `stands()` whether the lease stood all the time. A frame may be
  /// read again, also when the session it came in is over.
  template <class Stands>
  void read(std::uint64_t session, std::uint64_t serial, std::span<const std::byte> picture,
            const Stands& stands) {
    const std::size_t bytes = score_.settings.picture_bytes;
    const bool all = picture.size() >= bytes;
    const auto looked = all ? look(picture.first(bytes), serial) : Looked{};
    if (!stands()) {
      count(self_.told);
    } else {
      note(looked, serial, session == session_);
    }
  }
  /// Nobody is connected: what waiting costs is measured from the first call to the next frame.
  void no_host();

 private:
  struct Looked {
    bool whole = false, same = false;
    std::uint32_t life = 0;
    std::uint64_t serial = 0;
  };
  static Looked look(std::span<const std::byte> picture, std::uint64_t serial);
  void note_gap(Reading& reading, std::int64_t now_ns, std::uint64_t frames, const Counts& counts);
  void note(const Looked& looked, std::uint64_t serial, bool of_this_session);
  void accuse(std::atomic<std::uint64_t>& counter, const std::string& sentence);
  void meet_life(std::uint32_t life);
  void end_waiting(std::int64_t now_ns);

  Score& score_;
  ClientScore& self_;
  std::uint64_t session_ = 0, last_serial_ = 0;
  std::uint32_t session_life_ = 0;  // 0: not known yet
  std::int64_t last_ns_ = 0, session_start_ns_ = 0;
  Phase last_phase_ = Phase::between;
  Counts counts_;
  std::int64_t waiting_since_ns_ = 0, waiting_cpu_ns_ = 0;
};

}  // namespace vsl::storm
