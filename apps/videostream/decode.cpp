// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "avformat/byte_file.hpp"
#include "avformat/elementary_stream.hpp"
#include "command.hpp"
#include "file_losses.hpp"
#include "json_output.hpp"
#include "media/nal.hpp"
#include "media/sequence_info.hpp"
#include "output_name.hpp"
#include "status_line.hpp"
#include "stream_look.hpp"
#include "stream_name.hpp"
#include "values.hpp"
#include "video_file.hpp"
#include "videostream/codec.hpp"
#include "y4m_file.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string input, output, fps, codec;
};

struct Settings {
  std::optional<FrameRate> rate;
  std::optional<VideoCodec> codec;  // of an elementary stream; unset: the file is asked
};

Result<Settings> check(const Globals& globals, const Arguments& arguments) {
  Settings settings;
  if (!arguments.fps.empty()) {
    VSL_TRY(settings.rate, parse_frame_rate(arguments.fps));
  }
  if (!arguments.codec.empty()) {
    VSL_TRY(settings.codec, parse_codec(arguments.codec));
  } else if (const auto codec = codec_of_name(arguments.input)) {
    settings.codec = *codec;
  } else if (arguments.input == "-" || is_read_once(arguments.input)) {
    return Error::of(std::errc::invalid_argument,
                     (arguments.input == "-" ? std::string("standard input") : arguments.input) +
                         " has no extension that tells the codec of the stream: say "
                         "--codec h264 or --codec h265");
  }
  VSL_CHECK(check_other_file(arguments.input, arguments.output));
  VSL_CHECK(check_output_name(arguments.output, {FileKind::y4m},
                              "decode writes YUV4MPEG2 (.y4m), which players and ffmpeg read"));
  if (globals.json && arguments.output == "-") {
    return Error::of(std::errc::invalid_argument,
                     "--json and the pictures cannot both go to stdout: name an output file");
  }
  return settings;
}

/// What the first parameter set of a stream says; as if it said nothing when there is none.
SequenceInfo first_sequence(VideoCodec codec, std::span<const std::byte> head) {
  NalScanner nals(head);
  while (const auto nal = nals.next()) {
    if (const auto sequence = parse_sps(codec, *nal)) return *sequence;
  }
  return {};
}

std::optional<FrameRate> rate_of(const SequenceInfo& sequence) {
  if (!says_rate(sequence)) return {};
  const auto common = std::gcd(sequence.rate_numerator, sequence.rate_denominator);
  return FrameRate{sequence.rate_numerator / common, sequence.rate_denominator / common};
}

/// What came of it, for the last line and for --json.
struct Decoded {
  std::string by;
  Damage damage;
  std::uint64_t copies = 0;
  std::optional<std::uint64_t> missing;  // coded pictures that gave none, where they were counted
  std::vector<std::string> lost;         // what a file of raw pictures cannot say
};

/// A run of the command. Failures are of its site: who decodes, or a file.
class DecodeRun {
 public:
  DecodeRun(const Arguments& arguments, const Settings& settings, const StopSignal& stop,
            bool quiet)
      : arguments_(arguments), settings_(settings), stop_(stop), status_(quiet) {}

  Result<Decoded> run();
  Site site() const { return site_; }
  std::uint64_t pictures() const { return output_ ? output_->pictures() : 0; }

 private:
  Result<Decoded> decode_stream(VideoCodec codec, avformat::ByteFile& input,
                                std::span<const std::byte> head);
  Result<Decoded> decode_container();
  Error no_picture(const std::string& why) const;
  Error keep_what_there_is(Error error);
  Result<void> open_output(std::optional<FrameRate> rate, avformat::PixelAspect pixel);
  Result<void> write_pictures(Decoder& decoder);
  void show_progress(std::uint64_t done_bytes, std::uint64_t all_bytes);

  const Arguments& arguments_;
  const Settings& settings_;
  const StopSignal& stop_;
  StatusLine status_;
  std::optional<Y4mFile> output_;
  Site site_ = Site::file;
};

Result<void> DecodeRun::open_output(std::optional<FrameRate> rate, avformat::PixelAspect pixel) {
  site_ = Site::file;
  tell_of_pipe(arguments_.output, PipeEnd::read);
  const FrameRate noted = settings_.rate.value_or(rate.value_or(FrameRate{}));
  VSL_TRY(Y4mFile file, Y4mFile::create(arguments_.output, noted, pixel));
  output_.emplace(std::move(file));
  return {};
}

void DecodeRun::show_progress(std::uint64_t done_bytes, std::uint64_t all_bytes) {
  if (!status_.is_due()) return;
  auto items = progress_items(status_.elapsed_ns(), done_bytes, all_bytes);
  items.insert(items.begin() + 1, std::to_string(pictures()) + " pictures");
  status_.show(items);
}

Result<void> DecodeRun::write_pictures(Decoder& decoder) {
  for (;;) {
    VSL_TRY(auto picture, decoder.next_picture());
    if (!picture) return {};
    VSL_CHECK(picture->map());
    VSL_CHECK(output_->write(picture_of(*picture)));
  }
}

Result<Decoded> DecodeRun::decode_stream(VideoCodec codec, avformat::ByteFile& input,
                                         std::span<const std::byte> head) {
  site_ = Site::codec;
  VSL_TRY(Decoder decoder, Decoder::create({.codec = fourcc_of(codec)}));
  const SequenceInfo sequence = first_sequence(codec, head);
  VSL_CHECK(open_output(rate_of(sequence), {sequence.sample_width, sequence.sample_height}));
  std::uint64_t done_bytes = 0;
  for (auto bytes = head; !bytes.empty() && !stop_.requested();) {
    VSL_CHECK(decoder.decode(bytes));
    VSL_CHECK(write_pictures(decoder));
    show_progress(done_bytes += bytes.size(), input.size_bytes());
    const auto more = input.read();
    if (!more && stop_.requested()) break;
    if (!more) return more.error();
    bytes = *more;
  }
  VSL_CHECK(decoder.drain());
  VSL_CHECK(write_pictures(decoder));
  const DecoderStats stats = decoder.stats();
  Decoded decoded{decoder.backend_name(), {stats.damaged, {}}, stats.copies, 0, {}};
  if (stats.coded_pictures > stats.pictures) {
    decoded.missing = stats.coded_pictures - stats.pictures;
  }
  // A picture that a signal cut off is not the stream's damage.
  if (stop_.requested()) {
    decoded.damage.pictures = 0;
    decoded.missing = 0;
  }
  return decoded;
}

Result<Decoded> DecodeRun::decode_container() {
  const bool standard = arguments_.input == "-";
  if (standard || is_read_once(arguments_.input)) {  // it would be opened a second time
    return Error::of(std::errc::not_supported,
                     "decode " + (standard ? std::string("standard input") : arguments_.input) +
                         ": it is a container (MP4, MPEG-TS, Matroska …), which "
                         "is not read from a pipe: give it by its name");
  }
  VSL_TRY(VideoFile file, VideoFile::open(arguments_.input, &site_));
  VSL_CHECK(open_output(file.rate(), file.video().pixel));
  RateCheck rate(settings_.rate.value_or(file.rate().value_or(FrameRate{})));
  while (!stop_.requested()) {
    VSL_TRY(const auto picture, file.next());
    if (!picture) break;
    VSL_CHECK(output_->write(picture->picture));
    show_progress(file.position().done_bytes, file.position().all_bytes);
    rate.take(picture->pts_ns);
  }
  std::vector<std::string> lost = lost_beside(file.video());
  // Who names a rate has decided.
  if (const auto times = rate.loss(); times && !settings_.rate) lost.push_back(*times);
  return Decoded{file.decoder_name(), file.damage(), file.copies(), {}, std::move(lost)};
}

Error DecodeRun::no_picture(const std::string& why) const {
  const std::string name = arguments_.input == "-" ? "standard input" : arguments_.input;
  return Error::of(std::errc::not_supported, "decode " + name + ": there is no picture in it" +
                                                 (why.empty() ? "" : ": " + why));
}

Result<Decoded> DecodeRun::run() {
  tell_of_pipe(arguments_.input, PipeEnd::write);
  VSL_TRY(auto input,
          avformat::ByteFile::open(arguments_.input == "-" ? "/dev/stdin" : arguments_.input));
  VSL_TRY(const auto head, input.read());
  if (head.empty()) return no_picture("the file is empty");
  const bool stream = settings_.codec && !is_container(head);
  // Now: reading on overwrites these bytes.
  const std::string look = stream ? look_of_stream(*settings_.codec, head) : "";
  auto result = stream ? decode_stream(*settings_.codec, input, head) : decode_container();
  if (!result) return keep_what_there_is(std::move(result).error());
  const Decoded& decoded = *result;
  if (output_->pictures() == 0 && !stop_.requested()) {
    site_ = Site::file;
    const std::string& end = decoded.damage.end;
    return no_picture(stream ? look : !end.empty() ? end : "nothing in it can be decoded");
  }
  VSL_CHECK(output_->finish());
  return decoded;
}

// What came before pictures that the file cannot hold, or that nobody decodes here, is worth
// having. After a write that failed the file may end in half a picture.
Error DecodeRun::keep_what_there_is(Error error) {
  const std::uint64_t pictures = this->pictures();
  const bool is_whole = error.code == std::errc::not_supported;
  if (pictures == 0 || !is_whole || !output_->finish()) return error;
  error.where +=
      " (the " + std::to_string(pictures) + " pictures before are in " + output_->name() + ")";
  return error;
}

void print(const Globals& globals, const Arguments& arguments, const Decoded& decoded,
           std::uint64_t pictures, bool stopped) {
  const std::string output = arguments.output == "-" ? "stdout" : arguments.output;
  log_info(output + ": " + std::to_string(pictures) + " pictures, " +
           std::to_string(decoded.damage.pictures) + " damaged, by " + decoded.by);
  if (stopped) log_info("stopped by a signal: what was decoded until then is in " + output);
  if (!decoded.damage.end.empty()) log_warn(arguments.input + ": " + decoded.damage.end);
  if (decoded.missing.value_or(0) > 0) {
    log_warn(arguments.input + ": " + std::to_string(*decoded.missing) +
             " of its coded pictures cannot be shown: they are damaged, or refer to pictures that "
             "are not in it");
  }
  for (const std::string& loss : decoded.lost) log_warn(arguments.input + ": " + loss);
  if (!decoded.lost.empty()) log_info(kCopyingKeepsIt);
  if (!globals.json) return;
  nlohmann::ordered_json record{
      {"input", arguments.input}, {"output", arguments.output},         {"backend", decoded.by},
      {"frames", pictures},       {"damaged", decoded.damage.pictures}, {"copies", decoded.copies}};
  if (decoded.missing) record["not_shown"] = *decoded.missing;
  if (!decoded.lost.empty()) record["lost"] = decoded.lost;
  print_json(record);
}

int run_decode(const Globals& globals, const Arguments& arguments) {
  const auto settings = check(globals, arguments);
  if (!settings) return report_failure(globals, ExitClass::usage, settings.error().where);
  const StopSignal stop;
  DecodeRun run(arguments, *settings, stop, globals.quiet);
  const auto decoded = run.run();
  // A signal may come while a reader keeps us waiting; what it has not read is lost to nobody.
  const bool stopped =
      stop.requested() && !decoded && decoded.error().code == std::errc::interrupted;
  if (stopped) return 0;
  if (!decoded) return report_failure(globals, run.site(), decoded.error());
  print(globals, arguments, *decoded, run.pictures(), stop.requested());
  return 0;
}

}  // namespace

void add_decode(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "decode", "Decode a raw .h264 or .h265 file, or a video file, to pictures (YUV4MPEG2)");
  auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("INPUT", arguments->input,
                   "Annex B file, MP4 or another video file; - for stdin")
      ->required();
  command->add_option("OUTPUT", arguments->output, "File to write: .y4m; - for stdout")->required();
  command->add_option("-F,--fps", arguments->fps,
                      "Rate to note in the file (default: what the input says, else 30)");
  command->add_option("--codec", arguments->codec,
                      "Of an Annex B file: h264 or h265 (default: by the extension)");
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_decode(globals, *arguments); });
}

}  // namespace vsl::command
