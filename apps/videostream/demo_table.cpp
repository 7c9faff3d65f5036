// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "demo_table.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "text_table.hpp"

namespace vsl::command {
namespace {

TextTable participant_table() {
  return TextTable({{"time", Align::right, 0, 5},
                    {"process", Align::left, 0, 8},
                    {"fps", Align::right, 0, 6},
                    {"p50 us", Align::right, 4, 6},
                    {"p99 us", Align::right, 3, 6},
                    {"skipped", Align::right, 1, 7},
                    {"holds", Align::right, 5, 5},
                    {"copies", Align::right, 2, 6},
                    {"faults", Align::right, 6, 6},
                    {"whole", Align::right, 1, 5},
                    {"bad", Align::right, 1, 3}});
}

std::string figure(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::vector<std::string> row(std::uint32_t second, const Participant& participant) {
  std::vector<std::string> cells{std::to_string(second) + "s", participant.name};
  const bool running = participant.record.is_object() && !participant.killed;
  if (!running) {
    cells.emplace_back(participant.killed ? "killed" : "-");
    return cells;
  }
  const auto field = [&](const char* name, int digits = 0) {
    return figure(participant.number(name), digits);
  };
  const auto either = [&](const char* first, const char* second_name) {
    return field(participant.record.contains(first) ? first : second_name);
  };
  cells.push_back(field("throughput_fps", 1));
  cells.push_back(field("latency_p50_us"));
  cells.push_back(field("latency_p99_us"));
  cells.push_back(either("skipped", "dropped_frames"));
  cells.push_back(either("holding", "frames_live"));
  cells.push_back(either("copies", "bus_copies"));
  cells.push_back(field("page_faults_per_frame", 3));
  const bool verifies = participant.record.contains("verified_frames");
  cells.push_back(verifies ? field("verified_frames") : "");
  cells.push_back(verifies ? field("bad_frames") : "");
  return cells;
}

}  // namespace

void Participant::read() {
  for (const std::string& line : process.read_lines()) {
    auto parsed = nlohmann::ordered_json::parse(line, nullptr, false);
    if (parsed.is_object() && !parsed.contains("error")) record = std::move(parsed);
  }
  last_code = process.exit_code().value_or(-1);
}

double Participant::number(const char* field) const {
  if (!record.is_object()) return 0;
  const auto found = record.find(field);
  return found != record.end() && found->is_number() ? found->get<double>() : 0;
}

DemoTable::DemoTable() : terminal_(::isatty(STDOUT_FILENO) == 1) {}

int DemoTable::resize_fd() const { return resize_.fd(); }

void DemoTable::print(std::uint32_t second, const std::vector<Participant>& participants) {
  rows_.clear();
  for (const Participant& participant : participants) rows_.push_back(row(second, participant));
  draw(!terminal_ && printed_);
}

void DemoTable::follow_size() {
  if (resize_.take() && terminal_ && printed_) draw(false);
}

void DemoTable::draw(bool without_header) {
  TextTable table = participant_table();
  for (const auto& cells : rows_) table.add_row(cells);
  const TerminalSize size = terminal_size(STDOUT_FILENO);
  // One row less: behind the last line break the cursor stands on a row of its own.
  std::string text =
      table.text({size.columns, size.rows == 0 ? 0 : std::max<std::size_t>(size.rows, 2) - 1});
  if (without_header) text.erase(0, text.find('\n') + 1);
  // Nobody knows how a terminal breaks old lines anew after its size changed.
  if (terminal_ && printed_) {
    std::printf("%s", size == size_ ? ("\033[" + std::to_string(lines_) + "A\033[J").c_str()
                                    : "\033[H\033[2J");
  }
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  size_ = size;
  printed_ = true;
}

}  // namespace vsl::command
