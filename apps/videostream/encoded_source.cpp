// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "encoded_source.hpp"

#include "stamp.hpp"

namespace vsl::command {

Result<std::optional<Frame>> EncodedSource::packet() {
  site_ = Site::codec;
  VSL_TRY(auto packet, encoder_.next_packet());
  if (!packet && drained_) ended_ = true;
  if (packet && stamps_) VSL_CHECK(stamp_frame(*packet, false));
  return packet;
}

Result<std::optional<Frame>> EncodedSource::next_frame(const StopSignal& stop) {
  VSL_TRY(auto ready, packet());
  if (ready || ended_) return ready;
  if (raw_->ended()) {
    drained_ = true;
    VSL_CHECK(encoder_.drain());
    return packet();
  }
  site_ = raw_->site();
  VSL_TRY(auto frame, raw_->next_frame(stop));
  if (!frame) return std::optional<Frame>();
  site_ = Site::codec;
  VSL_CHECK(encoder_.encode(*frame, std::exchange(wish_, {})));
  return packet();
}

std::string EncodedSource::description() const {
  return raw_->description() + ", as " + encoder_.options().codec.to_string() + " (" +
         encoder_.backend_name() + ")";
}

SourceStats EncodedSource::stats() const {
  SourceStats stats = raw_->stats();
  stats.copies += encoder_.stats().copies;
  return stats;
}

}  // namespace vsl::command
