// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Coded streams as programs give them to a Decoder: begun anywhere, cut anywhere, whole units among
// them, with drains and resets between. What comes out can be read to the last byte, and the counts
// add up. Pictures are kept tiny: it is our way to and from FFmpeg that is looked at.
#include <cstdlib>
#include <vector>

#include "media/access_units.hpp"
#include "media/layout_check.hpp"
#include "media/sequence_info.hpp"
#include "support/input.hpp"
#include "support/peer.hpp"
#include "videostream/codec.hpp"

namespace {

using namespace vsl;
using namespace vsl::fuzz;

constexpr std::uint32_t kMostPx = 128;

class Program {
 public:
  explicit Program(Input& input)
      : codec_(input.flag() ? VideoCodec::hevc : VideoCodec::h264), decoder_(open(codec_, input)) {}

  bool step(Input& input) {
    const std::uint32_t what = input.below(8);
    if (what == 4) (void)good(decoder_.drain());
    if (what == 5) (void)good(decoder_.reset());
    if (what == 6 || what == 7) look(what == 7);
    if (what >= 4) return true;
    const auto bytes = std::as_bytes(input.take_bytes(input.byte()));
    said_.insert(said_.end(), bytes.begin(), bytes.end());
    if (!tiny()) return false;
    const CodedTimes times{.pts_ns = what == 1 ? 40 : -1};
    (void)good(what == 3 ? decoder_.decode_unit(bytes, times) : decoder_.decode(bytes, times));
    return true;
  }

  void finish() {
    (void)good(decoder_.drain());
    look(true);
    const DecoderStats stats = decoder_.stats();
    VSL_MUST(stats.pictures == seen_ && stats.skipped_bytes <= said_.size());
  }

 private:
  static Decoder open(VideoCodec codec, Input& input) {
    DecoderOptions options{.codec = fourcc(codec == VideoCodec::hevc ? "HEVC" : "H264"),
                           .backend = CodecBackend::software,
                           .threads = 1};
    if (input.flag()) options.format = fourcc("NV12");
    options.low_latency = input.flag();
    return must(Decoder::create(options));
  }

  /// Whether all pictures that the stream may describe are: a large one takes a second.
  bool tiny() const {
    NalScanner nals(said_);
    while (const auto nal = nals.next()) {
      const auto info = parse_sps(codec_, *nal);
      if (info && (info->coded_width_px > kMostPx || info->coded_height_px > kMostPx)) return false;
    }
    return true;
  }

  void look(bool all) {
    do {
      auto picture = decoder_.next_picture();
      if (!good(picture) || !*picture) return;
      ++seen_;
      use(**picture);
    } while (all);
  }

  static void use(Frame& picture) {
    const Layout& layout = picture.info().layout;
    VSL_MUST(check_layout(layout, {layout.buffer_bytes.data(), layout.buffer_count}).has_value());
    VSL_MUST(good(picture.map()));
    for (std::size_t i = 0; i < layout.plane_count; ++i) {
      const auto bytes = picture.plane(i);
      VSL_MUST(!bytes.empty());
      const volatile std::byte first = bytes.front(), last = bytes.back();
      (void)first, (void)last;
    }
  }

  const VideoCodec codec_;
  Decoder decoder_;
  std::vector<std::byte> said_;
  std::uint64_t seen_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int kModules = ::setenv("VIDEOSTREAM_MODULE_PATH", VSL_FUZZ_MODULES, 1);
  VSL_MUST(kModules == 0);
  Input input(data, size);
  Program program(input);
  constexpr int kMostSteps = 32;
  for (int step = 0; step < kMostSteps && !input.empty(); ++step) {
    if (!program.step(input)) return 0;
  }
  program.finish();
  return 0;
}
