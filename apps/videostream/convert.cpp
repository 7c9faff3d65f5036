// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "avformat/byte_file.hpp"
#include "avformat/elementary_stream.hpp"
#include "command.hpp"
#include "file_losses.hpp"
#include "json_output.hpp"
#include "output_name.hpp"
#include "status_line.hpp"
#include "stream_look.hpp"
#include "stream_name.hpp"
#include "values.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string input, output, fps, codec;
};

struct Settings {
  std::optional<VideoCodec> codec;  // unset: what the MP4 file holds
  avformat::PictureRate rate;
};

Error refuse(const std::string& sentence) {
  return Error::of(std::errc::invalid_argument, sentence);
}

Result<Settings> check(const Arguments& arguments) {
  VSL_CHECK(check_other_file(arguments.input, arguments.output));
  if (arguments.input == "-" || arguments.output == "-") {
    return refuse("convert reads and writes files: for a pipe there are `decode` and ffmpeg");
  }
  if (is_read_once(arguments.input)) {
    return refuse(arguments.input +
                  " is no file, and convert reads its input twice: for a pipe there are `decode` "
                  "and ffmpeg");
  }
  VSL_CHECK(check_output_name(arguments.output, {FileKind::mp4, FileKind::h264, FileKind::hevc},
                              "convert writes MP4 (.mp4, .m4v, .mov), or raw H.264 or HEVC "
                              "(.h264, .h265) of an MP4 file"));
  Settings settings;
  if (!arguments.fps.empty()) {
    VSL_TRY(const FrameRate rate, parse_frame_rate(arguments.fps));
    settings.rate = {rate.numerator, rate.denominator};
  }
  if (!arguments.codec.empty()) {
    VSL_TRY(settings.codec, parse_codec(arguments.codec));
  } else if (!has_mp4_name(arguments.input)) {
    VSL_TRY(settings.codec, codec_of_name(arguments.input));
  }
  return settings;
}

/// What the input is decides what is made of it; a name that says something else is a mistake.
Result<void> check_direction(const Arguments& arguments, bool from_mp4) {
  const std::string& output = arguments.output;
  if (from_mp4 && has_mp4_name(output)) {
    return refuse(arguments.input + " is an MP4 file already, and " + output +
                  " names another; a raw stream ends in .h264 or .h265");
  }
  const bool named_raw = codec_of_name(output).has_value();
  if (!from_mp4 && named_raw) {
    return refuse(arguments.input + " is no MP4 file, so that one would be made of it, but " +
                  output + " names a raw stream; an MP4 file ends in .mp4, .m4v or .mov");
  }
  if (from_mp4 ? !named_raw : !has_mp4_name(output)) {
    log_warn(output + (from_mp4 ? " gets a raw stream, which players expect in .h264 or .h265"
                                : " gets MP4, which players expect in .mp4, .m4v or .mov"));
  }
  return {};
}

/// The codec that a raw stream made of an MP4 file must have.
std::optional<VideoCodec> only_codec(const Arguments& arguments, const Settings& settings) {
  if (!arguments.codec.empty()) return settings.codec;
  const auto named = codec_of_name(arguments.output);
  return named ? std::optional(*named) : std::nullopt;
}

/// What the stream looks like that could not be put into an MP4 file.
std::string look_of_file(VideoCodec codec, const std::string& path) {
  auto file = avformat::ByteFile::open(path);
  if (!file) return file.error().message();
  const auto head = file->read();
  return head ? look_of_stream(codec, *head) : head.error().message();
}

Result<avformat::Converted> convert(const Arguments& arguments, const Settings& settings,
                                    bool from_mp4, const avformat::Progress& progress) {
  if (from_mp4) {
    return avformat::mp4_to_annex_b(arguments.input, arguments.output,
                                    only_codec(arguments, settings), progress);
  }
  const VideoCodec codec = settings.codec.value_or(VideoCodec::h264);
  auto converted =
      avformat::annex_b_to_mp4(arguments.input, arguments.output, codec, settings.rate, progress);
  if (converted || converted.error().code != std::errc::not_supported) return converted;
  Error error = std::move(converted).error();
  error.where += ": " + look_of_file(codec, arguments.input);
  return error;
}

void warn_of_damage(const Arguments& arguments, const avformat::Converted& converted) {
  if (converted.left_out > 0) {
    log_warn(arguments.input + ": " + std::to_string(converted.left_out) +
             " pictures before the first parameter sets are left out: nobody can show them");
  }
  if (converted.damaged > 0) {
    log_warn(arguments.input + ": " + std::to_string(converted.damaged) +
             " pictures that are not whole are left out");
  }
  if (converted.size_changes > 0) {
    log_warn(arguments.input + " changes the size of its pictures " +
             std::to_string(converted.size_changes) +
             " times: an MP4 file says the first size alone, and not every player looks further");
  }
  if (!converted.cut_off.empty()) log_warn(arguments.input + ": " + converted.cut_off);
}

/// What a raw stream cannot hold of an MP4 file.
std::vector<std::string> lost_of(const std::string& input) {
  const auto demuxer = avformat::Demuxer::open(input);
  return demuxer ? lost_beside(demuxer->video()) : std::vector<std::string>();
}

void print(const Globals& globals, const Arguments& arguments, const avformat::Converted& converted,
           const std::vector<std::string>& lost) {
  const double fps = converted.rate.denominator == 0
                         ? 0.0
                         : static_cast<double>(converted.rate.numerator) /
                               static_cast<double>(converted.rate.denominator);
  char line[160];
  std::snprintf(line, sizeof line, "%llu frames (%llu key), %ux%u %s at %.6g fps, %.3f s",
                static_cast<unsigned long long>(converted.frames),
                static_cast<unsigned long long>(converted.key_frames), converted.width_px,
                converted.height_px, name_of(converted.codec), fps,
                static_cast<double>(converted.duration_ms) / 1000.0);
  log_info("Conversion complete: " + arguments.output + ": " + line);
  warn_of_damage(arguments, converted);
  for (const std::string& loss : lost) log_warn(arguments.input + ": " + loss);
  if (!globals.json) return;
  nlohmann::ordered_json record({{"input", arguments.input},
                                 {"output", arguments.output},
                                 {"codec", word_of(converted.codec)},
                                 {"width", converted.width_px},
                                 {"height", converted.height_px},
                                 {"fps", fps},
                                 {"frames", converted.frames},
                                 {"keyframes", converted.key_frames},
                                 {"left_out", converted.left_out},
                                 {"damaged", converted.damaged},
                                 {"size_changes", converted.size_changes},
                                 {"duration_ms", converted.duration_ms},
                                 {"bytes_in", converted.bytes_in},
                                 {"bytes_out", converted.bytes_out}});
  if (!lost.empty()) record["lost"] = lost;
  print_json(record);
}

int run_convert(const Globals& globals, const Arguments& arguments) {
  const auto settings = check(arguments);
  if (!settings) return report_failure(globals, ExitClass::usage, settings.error().where);
  const auto from_mp4 = avformat::is_mp4(arguments.input);
  if (!from_mp4) return report_failure(globals, Site::file, from_mp4.error());
  if (!*from_mp4 && !settings->codec) {
    return report_failure(globals, ExitClass::general,
                          arguments.input + " is no MP4 file, whatever its name says");
  }
  const auto checked = check_direction(arguments, *from_mp4);
  if (!checked) return report_failure(globals, ExitClass::usage, checked.error().where);
  const StopSignal stop;
  StatusLine status(globals.quiet);
  const auto progress = [&](std::uint64_t done, std::uint64_t all) {
    if (status.is_due()) status.show(progress_items(status.elapsed_ns(), done, all));
    return !stop.requested();
  };
  const auto converted = convert(arguments, *settings, *from_mp4, progress);
  status.clear();
  if (converted) {
    const std::vector<std::string> lost =
        *from_mp4 ? lost_of(arguments.input) : std::vector<std::string>();
    print(globals, arguments, *converted, lost);
    return 0;
  }
  if (stop.requested()) {
    return report_failure(globals, ExitClass::general,
                          "stopped by a signal: " + arguments.output + " was not written");
  }
  return report_failure(globals, Site::file, converted.error());
}

}  // namespace

void add_convert(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "convert", "Convert a raw .h264 or .h265 file to MP4, or an MP4 file back");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("INPUT", arguments->input, "Annex B file, or MP4 file")->required();
  command->add_option("OUTPUT", arguments->output, "File to write: MP4, or Annex B of an MP4 file")
      ->required();
  command->add_option("-F,--fps", arguments->fps,
                      "Constant rate of an MP4 file, as 30, 29.97 or 30000/1001 "
                      "(default: what the stream says, else 30)");
  command->add_option("--codec", arguments->codec,
                      "Of the raw stream: h264 or h265 (default: by its extension)");
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_convert(globals, *arguments); });
}

}  // namespace vsl::command
