// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "record_run.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "connect.hpp"
#include "file_losses.hpp"
#include "metrics.hpp"
#include "record_footer.hpp"

namespace vsl::command {
namespace {

RecordFailure fail(Site site, Error error) { return {site, std::move(error)}; }

std::string sentence_of(const RecordFailure& failure) {
  const bool timeout = failure.error.code == std::errc::timed_out;
  return timeout ? failure.error.where : failure_sentence(failure.site, failure.error);
}

std::string seconds_text(std::int64_t time_ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(time_ns) / 1e9);
  return text;
}

}  // namespace

RecordRun::RecordRun(const Globals& globals, const RecordArguments& arguments,
                     const RecordSettings& settings, avformat::Recorder recorder, FrameRate rate)
    : globals_(globals),
      arguments_(arguments),
      settings_(settings),
      rate_(rate),
      reporter_(globals, arguments.report,
                [this](auto& record, Record kind) { add_counters(record, kind); }),
      pipeline_(settings, std::move(recorder), rate, reporter_),
      start_ns_(monotonic_ns()) {}

int RecordRun::run(Source& source, const StopSignal& stop) {
  losses_ = source.losses();
  for (const std::string& loss : losses_) log_warn(source.name() + ": " + loss);
  if (!losses_.empty()) log_info(kCopyingKeepsIt);
  auto failure = take_all(source, stop);
  const Damage damage = source.damage();
  if (damage.pictures > 0) {
    log_warn(source.name() + ": " + std::to_string(damage.pictures) +
             " packets or pictures were damaged and are missing or flawed");
  }
  if (!failure && !damage.end.empty()) {
    failure = fail(Site::file, Error::of(std::errc::not_supported,
                                         source.name() + " ended before its end: " + damage.end));
  }
  return end(std::move(failure), stop);
}

int RecordRun::run(Client& client, const StopSignal& stop) {
  return end(take_all(client, stop), stop);
}

std::optional<RecordFailure> RecordRun::take_all(Source& source, const StopSignal& stop) {
  const bool live = source.site() == Site::camera;
  while (!stop.requested() && !source.ended() && !pipeline_.is_done(monotonic_ns(), live)) {
    if (Result<void> disk = pipeline_.check(); !disk) return fail(Site::file, disk.error());
    auto frame = source.next_frame(stop);
    if (!frame) return fail(source.site(), std::move(frame).error());
    if (*frame) {
      Result<void> taken = pipeline_.take(**frame);
      if (!taken) return fail(pipeline_.failed_site(), std::move(taken).error());
    }
    const std::uint64_t lost = source.stats().lost;
    if (lost > lost_in_source_) pipeline_.lost_frames(lost - lost_in_source_);
    lost_in_source_ = lost;
    reporter_.tick();
  }
  return std::nullopt;
}

std::optional<RecordFailure> RecordRun::take_all(Client& client, const StopSignal& stop) {
  constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(50);
  constexpr std::int64_t kStoppedNs = 500'000'000;  // far longer than any wait for a frame here
  const std::int64_t timeout_ns = timeout_from_seconds(arguments_.timeout_s).count();
  std::int64_t last_frame_ns = monotonic_ns();
  while (!stop.requested() && !pipeline_.is_done(monotonic_ns(), true)) {
    reporter_.tick();
    if (Result<void> disk = pipeline_.check(); !disk) return fail(Site::file, disk.error());
    const std::int64_t asked_ns = monotonic_ns();
    auto lease = client.wait_frame(std::min(kSlice, std::chrono::nanoseconds(timeout_ns)));
    if (!lease && lease.error().code == std::errc::interrupted) continue;
    if (!lease) return fail(Site::socket, std::move(lease).error());
    const std::int64_t waited_ns = monotonic_ns() - asked_ns;
    if (*lease) {
      if (auto failure = take(client, **lease)) return failure;
      last_frame_ns = monotonic_ns();
    } else if (waited_ns >= kStoppedNs) {
      last_frame_ns += waited_ns;  // we were stopped: that says nothing about the host
    } else if (monotonic_ns() - last_frame_ns >= timeout_ns) {
      return fail(Site::socket,
                  Error::of(std::errc::timed_out, "no frame within " + seconds_text(timeout_ns) +
                                                      " seconds on " + client.path() +
                                                      refused_sentence(client)));
    }
  }
  return std::nullopt;
}

std::optional<RecordFailure> RecordRun::take(Client& client, const Lease& lease) {
  const ClientStats stats = client.stats();
  const std::uint64_t life = stats.epoch + stats.reconnects;
  const std::uint64_t missing = gaps_.next(lease.serial());
  const bool first = !pipeline_.any_frame();
  if (!first && (life != life_ || gaps_.restarted())) {
    log_warn("the host was restarted: the recording goes on with its frames");
    pipeline_.restarted();
    pipeline_.lost_frames(0);
  } else if (missing > 0) {
    log_warn(std::to_string(missing) + " frames missed before frame " +
             std::to_string(lease.serial()));
    pipeline_.lost_frames(missing);
  }
  life_ = life;
  Result<void> taken = pipeline_.take(lease);
  if (!taken) return fail(pipeline_.failed_site(), std::move(taken).error());
  return std::nullopt;
}

// The file first: whatever else there is to say, it is whole then.
int RecordRun::end(std::optional<RecordFailure> failure, const StopSignal& stop) {
  constexpr std::uint64_t kFewFrames = 30;
  if (const std::uint64_t waiting = pipeline_.recorded().queued; waiting > kFewFrames) {
    log_info(std::to_string(waiting) +
             " frames wait for the disk and are written now; a signal ends it without them");
  }
  Result<void> finished = pipeline_.finish();
  if (!finished && !failure) failure = fail(pipeline_.failed_site(), std::move(finished).error());
  const avformat::Recorded recorded = pipeline_.recorded();
  reporter_.add_drops(reporter_.frames() - std::min(reporter_.frames(), recorded.pictures));
  if (!failure && !stop.requested() && recorded.pictures == 0) {
    failure =
        fail(Site::file,
             Error::of(std::errc::not_supported,
                       recorded.skipped > 0 ? "nothing was recorded: no key frame was among " +
                                                  std::to_string(recorded.skipped) + " coded frames"
                                            : "nothing was recorded: there was no frame"));
  }
  failure_ = failure ? &*failure : nullptr;
  reporter_.finish();
  if (stop.requested()) log_info(stop.sentence());
  if (recorded.pictures > 0) {
    say_what_was_recorded();
    const bool stdout_is_taken = globals_.json || settings_.to_stdout;
    if (!stdout_is_taken) std::fputs(footer(recorded, settings_.recorder, rate_).c_str(), stdout);
  } else {
    log_info("nothing was written to " + arguments_.output);
  }
  if (!failure) return 0;
  Globals on_stderr_only = globals_;  // stdout has its document already, with the error
  on_stderr_only.json = false;
  return report_failure(on_stderr_only, exit_class(failure->error, failure->site),
                        sentence_of(*failure));
}

void RecordRun::say_what_was_recorded() const {
  const avformat::Recorded recorded = pipeline_.recorded();
  const double seconds = static_cast<double>(monotonic_ns() - start_ns_) / 1e9;
  char line[160];
  std::snprintf(line, sizeof line, "%llu frames in %.2f seconds (%.2f fps)",
                static_cast<unsigned long long>(recorded.pictures), seconds,
                seconds > 0 ? static_cast<double>(recorded.pictures) / seconds : 0.0);
  const std::size_t files = recorded.files.size();
  log_info((failure_ == nullptr ? "Recording complete: " : "Recorded until then: ") +
           std::string(line) + " in " +
           (files == 1 ? recorded.files.front()
                       : std::to_string(files) + " files from " + recorded.files.front() + " to " +
                             recorded.files.back()));
}

void RecordRun::add_counters(nlohmann::ordered_json& record, Record kind) const {
  const avformat::Recorded recorded = pipeline_.recorded();
  record["output"] = recorded.files.empty() ? arguments_.output : recorded.files.front();
  record["codec"] = word_of(recorded.codec);
  record["files"] = recorded.files;
  record["width"] = recorded.sequence.visible.width;
  record["height"] = recorded.sequence.visible.height;
  record["keyframes"] = recorded.key_frames;
  record["recorded_ms"] = recorded.duration_ns / 1'000'000;
  record["bytes_out"] = recorded.bytes;
  record["skipped_frames"] = recorded.skipped;
  record["queued_frames"] = recorded.queued;
  record["queued_bytes"] = recorded.queued_bytes;
  record["queue_peak_bytes"] = recorded.most_queued_bytes;
  record["queue_dropped_frames"] = recorded.dropped;
  record["encoder"] = pipeline_.encoder_name();
  if (kind != Record::whole_run) return;
  if (!losses_.empty()) record["lost"] = losses_;
  if (failure_ == nullptr) return;
  const Error& error = failure_->error;
  record["error"] = failure_json(exit_class(error, failure_->site), sentence_of(*failure_));
}

}  // namespace vsl::command
