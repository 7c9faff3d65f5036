// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "avformat/demuxer.hpp"
#include "child_process.hpp"
#include "command.hpp"
#include "demo_clip.hpp"
#include "demo_size.hpp"
#include "demo_table.hpp"
#include "display_text.hpp"
#include "json_output.hpp"
#include "metrics.hpp"
#include "number_checks.hpp"
#include "terminal.hpp"

namespace vsl::command {
namespace {

constexpr Resolution kFullHd{1920, 1080};
constexpr std::size_t kReadableColumns = 80;  // longer lines are hard to read

// Of text on stdout.
std::size_t text_columns() {
  const std::size_t columns = terminal_size(STDOUT_FILENO).columns;
  return columns == 0 ? kReadableColumns : std::min(columns, kReadableColumns);
}

struct Arguments {
  std::string file, snapshot;
  std::uint32_t seconds = 10;
};

// The socket's folder; gone with everything in it when the demo ends in any way we survive.
class ScratchFolder {
 public:
  ScratchFolder() = default;
  Result<void> make() {
    const char* temporary = std::getenv("TMPDIR");
    std::string path = temporary != nullptr && *temporary == '/' ? temporary : "/tmp";
    path += "/videostream-demo-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return Error::last("make the folder " + path);
    path_ = path;
    return {};
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The order in which participants are started.
enum Role : std::size_t { kHost, kVerifier, kSlow, kVictim };

class Demo {
 public:
  Demo(const Globals& globals, const Arguments& arguments, const StopSignal& stop)
      : globals_(globals), arguments_(arguments), stop_(stop) {}

  int run();

 private:
  Result<void> prepare();
  Result<void> start();
  Result<void> play();
  Result<void> take_snapshot();
  void finish();
  int summarise() const;
  std::string summary_sentence() const;
  nlohmann::ordered_json summary(bool passed) const;
  bool passed() const;

  const Globals& globals_;
  const Arguments& arguments_;
  const StopSignal& stop_;
  ScratchFolder scratch_;  // outlives the host, which removes its socket from it
  std::string clip_, socket_, snapshot_;
  Resolution size_ = kFullHd;
  std::vector<Participant> participants_;
  DemoTable table_;
};

Result<void> Demo::prepare() {
  if (!arguments_.file.empty()) {
    VSL_TRY(const auto file, avformat::Demuxer::open(arguments_.file));
    size_ = size_within(kFullHd, file.video());
  }
  VSL_CHECK(scratch_.make());
  socket_ = scratch_.path() + "/bus";
  clip_ = arguments_.file;
  snapshot_ = arguments_.snapshot;
  if (!clip_.empty() && !snapshot_.empty()) return {};
  // Without a home that can be written everything goes with the demo's own folder.
  const auto cache = cache_folder();
  const std::string folder = cache ? *cache : scratch_.path();
  if (!cache) log_warn(cache.error().message() + ": the clip and the snapshot will not be kept");
  if (snapshot_.empty()) snapshot_ = folder + "/demo.png";
  if (!clip_.empty()) return {};
  auto made = demo_clip(folder, stop_);
  if (!made) {
    ::rmdir(folder.c_str());  // only when it is empty: then it was for this clip
    return std::move(made).error();
  }
  clip_ = *made;
  return {};
}

Result<void> Demo::start() {
  const std::vector<std::string> reports = {"--json", "--quiet", "--metrics-interval", "1"};
  const auto add = [&](const char* name, std::vector<std::string> arguments) -> Result<void> {
    arguments.insert(arguments.end(), reports.begin(), reports.end());
    VSL_TRY(ChildProcess process, ChildProcess::start_self(std::move(arguments)));
    participants_.push_back({name, std::move(process), {}, {}, false});
    return {};
  };
  const std::string size = std::to_string(size_.width_px) + "x" + std::to_string(size_.height_px);
  VSL_CHECK(add("host", {"stream", socket_, "--source", clip_, "--loop", "-r", size}));
  const std::vector<std::string> receive = {"receive", socket_, "-f", "0", "-t", "10"};
  const auto consumer = [&](const char* name, std::initializer_list<std::string> more) {
    std::vector<std::string> arguments = receive;
    arguments.insert(arguments.end(), {"--name", name});
    arguments.insert(arguments.end(), more);
    return add(name, std::move(arguments));
  };
  VSL_CHECK(consumer("verifier", {"--verify"}));
  VSL_CHECK(consumer("slow", {"--slow", "150", "--policy", "newest"}));
  VSL_CHECK(consumer("victim", {"--touch", "--hold", "3"}));
  return {};
}

Result<void> Demo::take_snapshot() {
  VSL_TRY(ChildProcess snapshot,
          ChildProcess::start_self({"snapshot", socket_, "-o", snapshot_, "--quiet"}));
  std::optional<int> code;
  while (!(code = snapshot.exit_code())) {
    if (stop_.wait_ms(20)) return {};
  }
  if (*code != 0) return Error::of(std::errc::io_error, "save a snapshot as " + snapshot_);
  return {};
}

Result<void> Demo::play() {
  // A little after the participants' own seconds, whose records are to be here by then.
  constexpr std::int64_t kSecondNs = 1'000'000'000, kStartUpNs = kSecondNs / 3;
  const std::int64_t start_ns = monotonic_ns() + kStartUpNs;
  for (std::uint32_t second = 1; second <= arguments_.seconds; ++second) {
    while (monotonic_ns() < start_ns + second * kSecondNs) {
      if (stop_.wait_readable(table_.resize_fd(), 20)) return {};
      table_.follow_size();
    }
    for (Participant& participant : participants_) {
      participant.read();
      if (participant.killed || participant.exit_code() < 0) continue;
      return Error::of(std::errc::no_child_process, "the demo's " + participant.name +
                                                        " ended by itself with code " +
                                                        std::to_string(participant.exit_code()));
    }
    if (!globals_.json) table_.print(second, participants_);
    if (second != std::max(arguments_.seconds / 2, 1u)) continue;
    participants_[kVictim].process.signal(SIGKILL);
    participants_[kVictim].killed = true;
    VSL_CHECK(take_snapshot());
  }
  return {};
}

void Demo::finish() {
  constexpr int kPatienceMs = 5000;
  // Readers first: they would wait for a host that went away.
  for (auto participant = participants_.rbegin(); participant != participants_.rend();
       ++participant) {
    participant->process.stop(kPatienceMs);
    participant->read();
  }
}

bool Demo::passed() const {
  const Participant& verifier = participants_[kVerifier];
  return verifier.number("verified_frames") > 0 && verifier.number("bad_frames") == 0 &&
         std::all_of(participants_.begin(), participants_.end(),
                     [](const Participant& one) { return one.killed || one.exit_code() == 0; });
}

nlohmann::ordered_json Demo::summary(bool good) const {
  nlohmann::ordered_json document{{"passed", good}, {"source", clip_}, {"snapshot", snapshot_}};
  for (const Participant& participant : participants_) {
    document[participant.name] = participant.record;
    document[participant.name]["killed"] = participant.killed;
  }
  return document;
}

std::string Demo::summary_sentence() const {
  const Participant &verifier = participants_[kVerifier], &slow = participants_[kSlow];
  const auto count = [](const Participant& participant, const char* field) {
    return std::to_string(static_cast<std::uint64_t>(participant.number(field)));
  };
  return "The verifier proved " + count(verifier, "verified_frames") + " frames whole and found " +
         count(verifier, "bad_frames") + " bad; the slow reader took " +
         count(slow, "frames_processed") + " and skipped " + count(slow, "skipped") +
         "; the victim was " +
         (participants_[kVictim].killed ? "killed half way, unnoticed" : "not killed yet") +
         ". Copies between processes: 0.";
}

int Demo::summarise() const {
  const bool good = passed();
  if (globals_.json) {
    print_json(summary(good));
  } else {
    std::printf("\n%sSnapshot: %s\n", wrapped(summary_sentence(), text_columns()).c_str(),
                snapshot_.c_str());
  }
  if (good || stop_.requested()) return 0;
  Globals on_stderr_only = globals_;
  on_stderr_only.json = false;
  return report_failure(on_stderr_only, ExitClass::general,
                        "the demo failed: the verifier saw bad frames or none, or a process ended "
                        "in error");
}

int Demo::run() {
  Result<void> outcome = prepare();
  if (outcome && !globals_.json) {
    const std::string text = "One host decodes it and publishes it in " +
                             std::to_string(size_.width_px) + "x" +
                             std::to_string(size_.height_px) +
                             "; three processes read it: one proves every frame, one is slow, one "
                             "will be killed half way.";
    std::printf("Video: %s\n%s\n", clip_.c_str(), wrapped(text, text_columns()).c_str());
    std::fflush(stdout);
  }
  if (outcome) outcome = start();
  if (outcome) outcome = play();
  finish();
  if (!outcome && stop_.requested()) return 0;
  if (!outcome) return report_failure(globals_, Site::file, outcome.error());
  return summarise();
}

}  // namespace

void add_demo(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "demo",
      "Show video shared between processes: a host, a verifier, a slow and a killed reader");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("FILE", arguments->file, "Video to show (default: a clip made with ffmpeg)");
  command->add_option("--seconds", arguments->seconds, "How long it runs")
      ->check(whole_number(2, 86400))
      ->capture_default_str();
  command->add_option("--snapshot", arguments->snapshot,
                      "Where the PNG snapshot goes (default: demo.png in the user's cache)");
  command->callback([arguments, &globals, &exit_code] {
    const StopSignal stop;
    exit_code = Demo(globals, *arguments, stop).run();
  });
}

}  // namespace vsl::command
