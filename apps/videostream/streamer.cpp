// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "streamer.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "metrics.hpp"
#include "socket_name.hpp"

namespace vsl::command {
namespace {

std::uint64_t picture_bytes(const Layout& layout) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < layout.buffer_count; ++i) bytes += layout.buffer_bytes[i];
  return bytes;
}

}  // namespace

Streamer::Streamer(const Globals& globals, const StreamArguments& arguments, Source& source,
                   Host& host, FrameLog* log)
    : globals_(globals),
      arguments_(arguments),
      source_(source),
      host_(host),
      log_(log),
      reporter_(globals, arguments.report,
                [this](auto& record, Record kind) { add_counters(record, kind); }) {}

int Streamer::run(const StopSignal& stop) {
  log_debug("frames take turns in " + std::to_string(source_.buffers()) + " buffers");
  for (const std::string& loss : source_.losses()) log_warn(source_.name() + ": " + loss);
  while (!stop.requested() && !limit_reached() && !source_.ended()) {
    auto frame = source_.next_frame(stop);
    if (!frame) return report_failure(globals_, source_.site(), frame.error());
    if (*frame) {
      const Result<void> published = publish(std::move(**frame));
      if (!published) return report_failure(globals_, Site::socket, published.error());
    }
    greet_clients();
    count_losses();
    reporter_.tick();
  }
  if (stop.requested()) log_info(stop.sentence());
  finish();
  return report_damage();
}

Result<void> Streamer::publish(Frame frame) {
  const FrameInfo info = frame.info();
  const std::int64_t begin_ns = monotonic_ns();
  VSL_TRY(const std::uint64_t serial, host_.publish(std::move(frame)));
  if (log_ != nullptr) log_->add(info, serial, begin_ns, monotonic_ns());
  reporter_.add_frame(picture_bytes(info.layout), age_ns(info));
  faults_.frame_done();
  return {};
}

// Who joins a coded stream sees nothing before a key frame. One a second at most, for they are
// large.
void Streamer::greet_clients() {
  constexpr std::int64_t kRestNs = 1'000'000'000;
  const std::uint64_t before = std::exchange(admitted_, host_.stats().admitted);
  somebody_joined_ = somebody_joined_ || admitted_ > before;
  if (admitted_ > before) {
    log_debug(std::to_string(admitted_ - before) + " clients came; " + std::to_string(admitted_) +
              " did since the start");
  }
  const std::int64_t now_ns = monotonic_ns();
  if (!somebody_joined_ || now_ns < next_key_ns_) return;
  source_.want_key_frame();
  somebody_joined_ = false;
  next_key_ns_ = now_ns + kRestNs;
}

void Streamer::count_losses() {
  const SourceStats now = source_.stats();
  const SourceStats before = std::exchange(seen_, now);
  reporter_.add_drops(now.lost - before.lost);
  constexpr std::int64_t kQuietNs = 1'000'000'000;
  if (now.starved == before.starved || monotonic_ns() < next_warning_ns_) return;
  next_warning_ns_ = monotonic_ns() + kQuietNs;
  log_warn("frames are skipped: all " + std::to_string(source_.buffers()) +
           " buffers are held by readers: see videostream top " + shown_socket(arguments_.socket));
}

void Streamer::finish() {
  reporter_.finish();
  const SourceStats stats = source_.stats();
  if (stats.lost > 0) {
    log_warn(std::to_string(stats.lost) + " frames were not published: " +
             (stats.driver_dropped > 0 ? "the driver dropped them"
                                       : "all buffers were held by readers"));
  }
  if (stats.repeated_sequences > 0) {
    log_info("the driver gave " + std::to_string(stats.repeated_sequences) +
             " pictures the number of the one before them; each was published");
  }
  log_info("stream ended after " + std::to_string(reporter_.frames()) + " frames");
}

// What of the source could not be shown. The exit code of a run that went well otherwise.
int Streamer::report_damage() const {
  const Damage damage = source_.damage();
  if (damage.pictures > 0) {
    log_warn(source_.name() + ": " + std::to_string(damage.pictures) +
             " packets or pictures were damaged and are missing or flawed");
  }
  if (damage.end.empty()) return 0;
  Globals on_stderr_only = globals_;  // stdout has its document already
  on_stderr_only.json = false;
  return report_failure(on_stderr_only, ExitClass::general,
                        source_.name() + " ended before its end: " + damage.end);
}

void Streamer::add_counters(nlohmann::ordered_json& record, Record kind) {
  const HostStats host = host_.stats();
  const SourceStats source = source_.stats();
  record["source_frames"] = source.offered;
  record["source_copies"] = source.copies;
  record["bus_copies"] = 0;  // what is published is the source's own memory, on both wires
  record["clients"] = host.v1_clients + host.v2_clients;
  record["fds_sent"] = host.fds_sent;
  record["taken_back"] = host.taken_back;
  record["frames_live"] = host.live;
  add_faults(record, faults_, kind);
  record["driver_dropped"] = source.driver_dropped;
  record["starved"] = source.starved;
  record["damaged"] = source_.damage().pictures;
  record["repeated_sequences"] = source.repeated_sequences;
}

}  // namespace vsl::command
