// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camhost.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <initializer_list>

namespace vsl::command {
namespace {

struct Options {
  std::string device = "/dev/video0", path = "/tmp/camhost.0", lifespan_ms = "90", buffers = "6";
  std::string resolution, format, log;
  bool mirror = false, mirror_v = false, verbose = false;
};

void add_options(CLI::App& app, Options& options) {
  app.set_version_flag("-v,--version", "vsl-camhost " VSL_RELEASE, "Print the version");
  app.add_flag("-V,--verbose", options.verbose, "Log more");
  app.add_option("-L,--log", options.log, "Write a line of CSV for each frame to this file");
  app.add_option("-d,--capture_device", options.device, "Camera node")->capture_default_str();
  app.add_flag("-M,--mirror", options.mirror, "Mirror the picture left to right");
  app.add_flag("-H,--mirror_v", options.mirror_v, "Mirror the picture top to bottom");
  app.add_option("-r,--camera_res", options.resolution, "WxH (default: as the driver is set)");
  app.add_option("-p,--path", options.path, "Socket")->capture_default_str();
  app.add_option("-l,--lifespan", options.lifespan_ms, "Of frames, ms")->capture_default_str();
  app.add_option("-b,--bufcount", options.buffers, "Buffers of the driver")->capture_default_str();
  app.add_option("-f,--fourcc", options.format, "Format (default: as the driver is set)");
}

std::vector<std::string> in_words_of_stream(const Options& options) {
  // Whatever did not begin with '/' was an abstract name to release 2.5, "./cam" too.
  const std::string socket = options.path.starts_with('/') ? options.path : "@" + options.path;
  std::vector<std::string> words{
      "stream",    socket,          "--device", options.device, "--lifespan", options.lifespan_ms,
      "--buffers", options.buffers, "--access", "read_write"};
  const auto add = [&](std::initializer_list<std::string> more) {
    words.insert(words.end(), more);
  };
  const bool has_format = options.format.size() == 4;
  if (!options.format.empty() && !has_format) {
    std::fprintf(stderr, "[WARN ] '%s' is not four characters and is ignored\n",
                 options.format.c_str());
  }
  add({"--format", has_format ? options.format : "driver"});
  if (!options.resolution.empty()) add({"--resolution", options.resolution});
  if (!options.log.empty()) add({"--frame-log", options.log});
  if (options.mirror) add({"--mirror"});
  if (options.mirror_v) add({"--mirror-v"});
  if (options.verbose) add({"--verbose"});
  return words;
}

}  // namespace

CommandLine camhost(const std::vector<std::string>& arguments) {
  constexpr int kFailure = 1;  // of whatever kind
  CLI::App app{
      "Shares a camera with clients of VideoStream, as release 2.5 did; `videostream "
      "stream` can do more",
      "vsl-camhost"};
  Options options;
  add_options(app, options);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return {{}, app.exit(error) == 0 ? 0 : kFailure, kFailure};
  }
  return {in_words_of_stream(options), std::nullopt, kFailure};
}

}  // namespace vsl::command
