// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "avformat/byte_file.hpp"
#include "avformat/display_order.hpp"
#include "avformat/elementary_stream.hpp"
#include "avformat/mp4_writer.hpp"
#include "avformat/new_file.hpp"
#include "media/access_units.hpp"

namespace vsl::avformat {
namespace {

constexpr PictureRate kUsualRate{30, 1};

bool is_parameter_set(NalKind kind) {
  return kind == NalKind::vps || kind == NalKind::sps || kind == NalKind::pps;
}

/// What a first look at the whole stream finds out; the MP4 header and every time stamp need it.
class Survey {
 public:
  explicit Survey(VideoCodec codec) : codec_(codec), order_(codec) {}

  void see(const AccessUnit& unit) {
    NalScanner nals(unit.bytes);
    while (const auto nal = nals.next()) see_nal(*nal);
    if (!has_begun_) {
      ++units_before_;
      pictures_before_ += unit.has_picture ? 1 : 0;
      return;
    }
    order_.add(unit.bytes, unit.has_picture);
    pictures_ += unit.has_picture ? 1 : 0;
  }

  /// Errors: not_supported, with what is missing.
  Result<VideoTrack> track(const std::string& input) const {
    const auto refuse = [&](const char* what) {
      return Error::of(std::errc::not_supported, std::string(what) + " in " + input);
    };
    if (!has_sps_ || !has_pps_) return refuse("Failed to find SPS/PPS");
    if (pictures_ == 0) return refuse("No video frames found");
    if (!sequence_) return refuse("Failed to read the SPS");
    return VideoTrack{codec_, *sequence_, sets_, sets_change_};
  }
  DisplayOrder::Times times() const { return order_.finish(); }
  /// Units before the first parameter set, which nothing says how to read, and pictures in them.
  std::uint64_t units_before() const { return units_before_; }
  std::uint64_t pictures_before() const { return pictures_before_; }
  std::uint64_t size_changes() const { return size_changes_; }

 private:
  void see_nal(std::span<const std::byte> nal) {
    const NalKind kind = nal_kind(codec_, nal);
    has_begun_ = has_begun_ || kind == NalKind::vps || kind == NalKind::sps;
    if (!has_begun_ || !is_parameter_set(kind)) return;
    if (kind == NalKind::sps) {
      has_sps_ = true;
      see_sequence(nal);
    }
    has_pps_ = has_pps_ || kind == NalKind::pps;
    if (pictures_ == 0) {
      remember(nal);
    } else if (!is_remembered(nal)) {
      sets_change_ = true;
    }
  }

  void see_sequence(std::span<const std::byte> sps) {
    const auto sequence = parse_sps(codec_, sps);
    if (!sequence) return;
    const Rect& now = sequence->visible;
    if (sequence_ && (now.width != size_.width || now.height != size_.height)) ++size_changes_;
    size_ = now;
    if (!sequence_) sequence_ = sequence;
  }

  bool is_remembered(std::span<const std::byte> nal) const {
    return std::search(sets_.begin(), sets_.end(), nal.begin(), nal.end()) != sets_.end();
  }
  void remember(std::span<const std::byte> nal) {
    if (is_remembered(nal)) return;
    const std::byte code[] = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
    sets_.insert(sets_.end(), std::begin(code), std::end(code));
    sets_.insert(sets_.end(), nal.begin(), nal.end());
  }

  VideoCodec codec_;
  DisplayOrder order_;
  std::optional<SequenceInfo> sequence_;
  std::vector<std::byte> sets_;
  bool has_begun_ = false, has_sps_ = false, has_pps_ = false, sets_change_ = false;
  Rect size_;  // by the last parameter set
  std::uint64_t pictures_ = 0, units_before_ = 0, pictures_before_ = 0, size_changes_ = 0;
};

/// Hands every access unit of the file to `see`, which may return an Error.
template <class See>
Result<void> for_each_unit(ByteFile& file, VideoCodec codec, const Progress& progress,
                           std::uint64_t before_bytes, See see) {
  VSL_CHECK(file.rewind());
  AccessUnitSplitter splitter(codec);
  std::uint64_t done_bytes = 0;
  for (bool more = true; more;) {
    VSL_TRY(const std::span<const std::byte> chunk, file.read());
    more = !chunk.empty();
    if (more) {
      VSL_CHECK(splitter.push(chunk));
    } else {
      splitter.finish();
    }
    while (const auto unit = splitter.next()) VSL_CHECK(see(*unit));
    done_bytes += chunk.size();
    if (progress && !progress(before_bytes + done_bytes, 2 * file.size_bytes())) {
      return Error::of(std::errc::operation_canceled, "convert the file");
    }
  }
  return {};
}

PictureRate choose_rate(PictureRate asked, const SequenceInfo& sequence) {
  if (asked.numerator != 0) return asked;
  if (!says_rate(sequence)) return kUsualRate;
  return PictureRate{sequence.rate_numerator, sequence.rate_denominator};
}

std::uint64_t file_bytes(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

Result<Converted> annex_b_to_mp4(const std::string& input, const std::string& output,
                                 VideoCodec codec, PictureRate rate, const Progress& progress) {
  VSL_TRY(ByteFile file, ByteFile::open(input));
  Survey survey(codec);
  VSL_CHECK(for_each_unit(file, codec, progress, 0, [&](const AccessUnit& unit) -> Result<void> {
    survey.see(unit);
    return {};
  }));
  VSL_TRY(VideoTrack track, survey.track(input));
  rate = choose_rate(rate, track.sequence);
  track.rate_numerator = rate.numerator;
  track.rate_denominator = rate.denominator;
  const DisplayOrder::Times times = survey.times();

  VSL_TRY(NewFile part, NewFile::create(output));
  VSL_TRY(Mp4Writer writer, Mp4Writer::open(part, track));
  Converted converted{.codec = codec, .rate = rate, .bytes_in = file.size_bytes()};
  converted.width_px = static_cast<std::uint32_t>(track.sequence.visible.width);
  converted.height_px = static_cast<std::uint32_t>(track.sequence.visible.height);
  converted.left_out = survey.pictures_before();
  converted.size_changes = survey.size_changes();
  std::uint64_t unreadable = survey.units_before();
  std::vector<std::byte> waiting;  // units without a picture go with the next picture
  const auto write = [&](const AccessUnit& unit) -> Result<void> {
    if (unreadable > 0) {
      --unreadable;
      return {};
    }
    waiting.insert(waiting.end(), unit.bytes.begin(), unit.bytes.end());
    if (!unit.has_picture || converted.frames == times.shown.size()) return {};
    const auto index = static_cast<std::int64_t>(converted.frames++);
    converted.key_frames += unit.key ? 1 : 0;
    VSL_CHECK(writer.write(
        {waiting, index - times.delay, times.shown[static_cast<std::size_t>(index)], unit.key}));
    waiting.clear();
    return {};
  };
  VSL_CHECK(for_each_unit(file, codec, progress, file.size_bytes(), write));
  VSL_CHECK(writer.finish());
  VSL_CHECK(part.commit());
  converted.duration_ms = static_cast<std::int64_t>(
      (converted.frames * 1000 * rate.denominator + rate.numerator / 2) / rate.numerator);
  converted.bytes_out = file_bytes(output);
  return converted;
}

}  // namespace vsl::avformat
