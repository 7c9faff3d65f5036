// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "terminal.hpp"

namespace vsl::command {

/// One process of the demo and the last record it printed.
struct Participant {
  std::string name;
  ChildProcess process;
  nlohmann::ordered_json record;  ///< of its last interval; of the whole run once it has ended
  int last_code = -1;
  bool killed = false;

  /// Takes in what it has printed.
  void read();
  /// Known after read(); -1 while it runs.
  int exit_code() const { return last_code; }
  /// A field of the record; 0 when there is none.
  double number(const char* field) const;
};

/// The live table, fitted to the terminal: drawn over itself there, one block of lines after
/// another elsewhere.
class DemoTable {
 public:
  DemoTable();
  void print(std::uint32_t second, const std::vector<Participant>& participants);
  /// Readable when the terminal got another size: follow_size() draws what was printed anew.
  int resize_fd() const;
  void follow_size();

 private:
  void draw(bool without_header);

  bool terminal_;
  ResizeSignal resize_;
  std::vector<std::vector<std::string>> rows_;  // as printed last
  TerminalSize size_;                           // … on a terminal of this size
  std::size_t lines_ = 0;                       // … in so many lines
  bool printed_ = false;
};

}  // namespace vsl::command
