// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <vector>

#include "tests/faults/faults.hpp"

/// Processes of other users. Each executes this program anew, so that it has of its parent nothing
/// but a line to it: no descriptor, no memory.
namespace vsl::untrusted {

struct User {
  uid_t uid = 65534;
  gid_t gid = 65534;
};
constexpr User kSomebody{65534, 65534}, kSomebodyElse{65533, 65533};

/// What a role finds when it runs.
struct Stage {
  faults::Line line;
  std::string path;
  std::vector<std::string> more;
};
constexpr int kCannotBeTried = 77;  ///< a role's exit code; it has said why

/// A function that another process can be made to run, under a name.
class Role {
 public:
  using Body = int (*)(const Stage&);
  Role(const char* name, Body body);
};

/// Runs the role that this process was started for; its exit code, or -1 when there is none.
int run_role(int argc, char** argv);

class Stranger {
 public:
  Stranger(const std::string& role, User user, const std::string& path,
           const std::vector<std::string>& more = {});
  ~Stranger();
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  pid_t pid() const { return pid_; }
  const faults::Line& line() const { return *line_; }
  bool ended() const;
  /// Waits for its end; its exit code, -1 after a signal.
  int end();

 private:
  pid_t pid_ = -1;
  std::optional<faults::Line> line_;
};

/// Why strangers cannot be had, or nothing.
inline const char* missing_rights() {
  return ::geteuid() == 0 ? nullptr : "needs root, to become other users";
}

}  // namespace vsl::untrusted
