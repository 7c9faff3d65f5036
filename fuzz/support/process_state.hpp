// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>

namespace vsl::fuzz {

/// What an input must leave as it found it.
struct ProcessState {
  std::size_t fds = 0;
  std::size_t bus_mappings = 0;  ///< of memory named vsl:…

  /// With `mappings` also those, which takes the real kernel a hundred times as long.
  static ProcessState look(bool mappings);
  friend bool operator==(const ProcessState&, const ProcessState&) = default;
};

/// Checks that what happened between its construction and done() left nothing behind: descriptors
/// always, mappings on the first input and then now and then (with the small kernel always).
class NothingLeft {
 public:
  NothingLeft();
  void done() const;

 private:
  bool thorough_;
  ProcessState before_;
};

}  // namespace vsl::fuzz
