// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "avformat/byte_file.hpp"
#include "avformat/elementary_stream.hpp"
#include "avformat/new_file.hpp"
#include "command.hpp"
#include "json_output.hpp"
#include "stream_name.hpp"
#include "values.hpp"
#include "videostream/codec.hpp"
#include "y4m_file.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string input, output, fps, codec;
};

struct Settings {
  Codec codec = Codec::h264;
  FrameRate rate;
};

Result<Settings> check(const Arguments& arguments) {
  Settings settings;
  if (!arguments.fps.empty()) {
    VSL_TRY(settings.rate, parse_frame_rate(arguments.fps));
  }
  VSL_TRY(settings.codec,
          !arguments.codec.empty() ? parse_codec(arguments.codec) : codec_of_name(arguments.input));
  return settings;
}

Result<void> write_pictures(Decoder& decoder, Y4mFile& file) {
  for (;;) {
    VSL_TRY(auto picture, decoder.next_picture());
    if (!picture) return {};
    VSL_CHECK(file.write(*picture));
  }
}

Result<void> decode(const Arguments& arguments, Decoder& decoder, Y4mFile& file,
                    const StopSignal& stop) {
  VSL_TRY(const bool mp4, avformat::is_mp4(arguments.input));
  if (mp4) {
    return Error::of(std::errc::not_supported,
                     "decode " + arguments.input +
                         ", an MP4 file: videostream convert makes an elementary stream of it");
  }
  VSL_TRY(auto input, avformat::ByteFile::open(arguments.input));
  while (!stop.requested()) {
    VSL_TRY(const auto bytes, input.read());
    if (bytes.empty()) break;
    VSL_CHECK(decoder.decode(bytes));
    VSL_CHECK(write_pictures(decoder, file));
  }
  VSL_CHECK(decoder.drain());
  VSL_CHECK(write_pictures(decoder, file));
  if (file.pictures() > 0) return {};
  return Error::of(std::errc::invalid_argument,
                   "decode " + arguments.input + ": there is no picture in it");
}

void print(const Globals& globals, const Arguments& arguments, const Decoder& decoder,
           const Y4mFile& file) {
  const DecoderStats stats = decoder.stats();
  log_info(arguments.output + ": " + std::to_string(file.pictures()) + " pictures, " +
           std::to_string(stats.damaged) + " damaged, by " + decoder.backend_name());
  if (!globals.json) return;
  print_json({{"input", arguments.input},
              {"output", arguments.output},
              {"backend", decoder.backend_name()},
              {"frames", file.pictures()},
              {"damaged", stats.damaged},
              {"copies", stats.copies}});
}

int run_decode(const Globals& globals, const Arguments& arguments) {
  const auto settings = check(arguments);
  if (!settings) return report_failure(globals, ExitClass::usage, settings.error().where);
  const StopSignal stop;
  const bool h264 = settings->codec == Codec::h264;
  auto decoder = Decoder::create({.codec = h264 ? fourcc("H264") : fourcc("HEVC")});
  if (!decoder) return report_failure(globals, ExitClass::codec, decoder.error().message());
  auto file = Y4mFile::create(arguments.output, settings->rate);
  if (!file) return report_failure(globals, Site::file, file.error());
  Result<void> done = decode(arguments, *decoder, *file, stop);
  if (done) done = file->finish();
  if (!done) return report_failure(globals, Site::file, done.error());
  print(globals, arguments, *decoder, *file);
  return 0;
}

}  // namespace

void add_decode(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("decode", "Decode a raw .h264 or .h265 file to pictures (YUV4MPEG2)");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("INPUT", arguments->input, "Annex B file")->required();
  command->add_option("OUTPUT", arguments->output, "File to write: .y4m")->required();
  command->add_option("-F,--fps", arguments->fps, "Rate to note in the file (default: 30)");
  command->add_option("--codec", arguments->codec, "h264 or h265 (default: by the extension)");
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_decode(globals, *arguments); });
}

}  // namespace vsl::command
