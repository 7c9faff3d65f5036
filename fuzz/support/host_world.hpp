// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <vector>

#include "support/input.hpp"
#include "videostream/client.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

namespace vsl::fuzz {

/// A host with a pool and one honest client. Made once and used for many inputs, which is ten times
/// faster than one for each: settle() proves that nothing of an input is left.
class HostWorld {
 public:
  HostWorld(const char* name, HostOptions options, bool polls);

  const std::string& name() const { return host_.path(); }
  void process();
  void publish(Input& input);
  /// Takes back one of the last frames.
  void withdraw(Input& input);
  /// One packet of one socket, as a C program does it.
  void service(Input& input);
  /// Takes the next frame if there is one. What is held is whole, or known to be taken back.
  void honest_reads();
  void honest_releases() { held_ = Lease(); }

  /// The honest client gets the next frame, whole, whatever the others are doing.
  void check_honest();
  /// After all others have gone: every frame and every buffer comes back.
  void settle();

 private:
  static Frame foreign_frame(std::uint32_t which);
  std::vector<Frame> acquire_all();
  void see_off();
  void forget_frames();
  bool publish_pooled(std::chrono::milliseconds lifespan);
  void check_held() const;
  bool is_alone() const;

  Host host_;
  Pool pool_;
  Client honest_;
  Lease held_;
  std::uint32_t settled_ = 0;
  std::uint64_t first_ = 1, last_ = 0;  ///< serials of this input
};

}  // namespace vsl::fuzz
