// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "demo_table.hpp"

#include <unistd.h>

#include <cstdio>

namespace vsl::command {
namespace {

void print_row(std::uint32_t second, const Participant& participant) {
  if (participant.killed) {
    std::printf("%3us  %-9s killed\n", second, participant.name.c_str());
    return;
  }
  if (!participant.record.is_object()) {
    std::printf("%3us  %-9s starting\n", second, participant.name.c_str());
    return;
  }
  const auto field = [&](const char* name) { return participant.number(name); };
  std::printf("%3us  %-9s %6.1f %7.0f %7.0f %8.0f %6.0f %7.0f %10.3f", second,
              participant.name.c_str(), field("throughput_fps"), field("latency_p50_us"),
              field("latency_p99_us"),
              field(participant.record.contains("skipped") ? "skipped" : "dropped_frames"),
              field(participant.record.contains("holding") ? "holding" : "frames_live"),
              field(participant.record.contains("copies") ? "copies" : "bus_copies"),
              field("page_faults_per_frame"));
  if (participant.record.contains("verified_frames")) {
    std::printf("   %.0f whole, %.0f bad", field("verified_frames"), field("bad_frames"));
  }
  std::printf("\n");
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

void DemoTable::print(std::uint32_t second, const std::vector<Participant>& participants) {
  if (terminal_ && lines_ > 0) std::printf("\033[%zuA\033[J", lines_);
  if (terminal_ || lines_ == 0) {
    std::printf("time  process      fps  p50 us  p99 us  skipped  holds  copies  faults/frame\n");
  }
  for (const Participant& participant : participants) print_row(second, participant);
  lines_ = participants.size() + 1;
  std::fflush(stdout);
}

}  // namespace vsl::command
