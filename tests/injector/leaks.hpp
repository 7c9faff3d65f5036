// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <set>
#include <string>
#include <vector>

namespace vsl::injector {

/// What this process holds that outlives a forgotten object.
struct Holdings {
  std::multiset<std::string> descriptors;  ///< by what they lead to
  std::multiset<std::string> mappings;     ///< of shared memory
  std::multiset<std::string> names;        ///< in /dev/shm and of our sockets in /tmp
  static Holdings now();
};

/// What is there in `after` and was not in `before`, for a person.
std::vector<std::string> leaked(const Holdings& before, const Holdings& after);

}  // namespace vsl::injector
