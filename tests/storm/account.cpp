// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "account.hpp"

#include <string>

#include "base/clock.hpp"
#include "picture.hpp"

namespace vsl::storm {

namespace {
constexpr std::int64_t kLongWaitNs = 300'000'000;
}

void Account::note_gap(Reading& reading, std::int64_t now_ns, std::uint64_t frames,
                       const Counts& counts) {
  const std::int64_t length_ns = now_ns - last_ns_;
  if (length_ns > reading.gap.longest_ns()) {
    Gap& longest = reading.longest;
    longest.length_ns.store(length_ns, kRelaxed);
    longest.ended_ns.store(now_ns, kRelaxed);
    longest.frames.store(frames, kRelaxed);
    longest.gone.store(counts.gone - counts_.gone, kRelaxed);
    longest.lapped.store(counts.lapped - counts_.lapped, kRelaxed);
    longest.unknown_buffer.store(counts.unknown_buffer - counts_.unknown_buffer, kRelaxed);
  }
  reading.gap.add(length_ns);
  if (frames > reading.longest_gap_frames.load(kRelaxed)) {
    reading.longest_gap_frames.store(frames, kRelaxed);
  }
}

void Account::arrived(std::uint64_t session, std::uint64_t serial, std::int64_t published_ns,
                      const Counts& counts) {
  const std::int64_t now_ns = monotonic_ns();
  const Phase phase = score_.phase.load(kRelaxed);
  Reading& reading = self_.phases.at(static_cast<std::size_t>(phase));
  count(reading.frames);
  reading.latency.add(now_ns - published_ns);
  if (waiting_since_ns_ != 0) end_waiting(now_ns);
  // To a host that has not ended: it was disconnected, though it did nothing wrong.
  if (session == session_ && counts.reconnects != counts_.reconnects) count(self_.evicted);
  if (session != session_) {
    session_life_ = 0;
    session_start_ns_ = now_ns;
  } else if (serial <= last_serial_) {
    accuse(self_.stale,
           "frame " + std::to_string(serial) + " came after " + std::to_string(last_serial_));
  } else if (phase == last_phase_) {
    note_gap(reading, now_ns, serial - last_serial_ - 1, counts);
  }
  counts_ = counts;
  session_ = session;
  last_serial_ = serial;
  last_ns_ = now_ns;
  last_phase_ = phase;
  self_.last_frame_ns.store(now_ns, kRelaxed);
}

Account::Looked Account::look(std::span<const std::byte> picture, std::uint64_t serial) {
  const Judgement judgement = judge(picture, serial);
  return {judgement.verdict != Judgement::Verdict::torn,
          judgement.verdict == Judgement::Verdict::whole, judgement.life, judgement.serial};
}

void Account::note(const Looked& looked, std::uint64_t serial, bool of_this_session) {
  const std::string frame = "frame " + std::to_string(serial);
  if (!looked.whole) {
    accuse(self_.torn, frame + " was torn under a lease that stood");
  } else if (!looked.same) {
    accuse(self_.stale, frame + " showed frame " + std::to_string(looked.serial));
  } else if (of_this_session && session_life_ != 0 && looked.life != session_life_) {
    accuse(self_.old_life, frame + " of life " + std::to_string(looked.life) + " came in life " +
                               std::to_string(session_life_));
  } else {
    count(self_.whole);
    if (of_this_session && session_life_ == 0) meet_life(looked.life);
  }
}

void Account::accuse(std::atomic<std::uint64_t>& counter, const std::string& sentence) {
  count(counter);
  find(self_, std::string(name_of(self_.role.load(kRelaxed))) + ": " + sentence);
}

void Account::meet_life(std::uint32_t life) {
  session_life_ = life;
  const std::uint32_t before = self_.last_life.load(kRelaxed);
  self_.last_life.store(life, kRelaxed);
  if (before == 0) return;
  if (life < before) {
    accuse(self_.old_life,
           "life " + std::to_string(life) + " came after " + std::to_string(before));
  } else if (life == before) {
    count(self_.evicted);
  } else {
    const std::int64_t start_ns = score_.lives.at(life % kMaxLives).listening_ns.load(kRelaxed);
    self_.reattach.add(session_start_ns_ - start_ns);
  }
}

void Account::no_host() {
  if (waiting_since_ns_ != 0) return;
  waiting_since_ns_ = monotonic_ns();
  waiting_cpu_ns_ = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void Account::end_waiting(std::int64_t now_ns) {
  const std::int64_t waited_ns = now_ns - waiting_since_ns_;
  if (waited_ns > kLongWaitNs) {
    self_.waiting_ns += waited_ns;
    self_.waiting_cpu_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - waiting_cpu_ns_;
  }
  waiting_since_ns_ = 0;
}

}  // namespace vsl::storm
