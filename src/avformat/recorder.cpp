// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/recorder.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace vsl::avformat {
namespace {

using Bytes = std::vector<std::byte>;

/// What the NAL units of an access unit say.
struct Look {
  std::optional<std::span<const std::byte>> sps;
  Bytes sets;  // Annex B: all parameter sets in it
  bool any = false, picture = false, key = false;
};

Look look_at(VideoCodec codec, std::span<const std::byte> unit) {
  constexpr std::byte kCode[] = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
  Look look;
  NalScanner nals(unit);
  while (const auto nal = nals.next()) {
    const NalKind kind = nal_kind(codec, *nal);
    look.any = true;
    look.key = look.key || kind == NalKind::key_slice;
    look.picture = look.picture || kind == NalKind::slice || kind == NalKind::key_slice;
    if (kind != NalKind::vps && kind != NalKind::sps && kind != NalKind::pps) continue;
    if (kind == NalKind::sps && !look.sps) look.sps = *nal;
    look.sets.insert(look.sets.end(), std::begin(kCode), std::end(kCode));
    look.sets.insert(look.sets.end(), nal->begin(), nal->end());
  }
  return look;
}

}  // namespace

std::string segment_path(const std::string& path, std::uint64_t number) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || dot <= name) dot = path.size();
  char text[32];
  std::snprintf(text, sizeof text, "-%05llu", static_cast<unsigned long long>(number));
  return path.substr(0, dot) + text + path.substr(dot);
}

struct Recorder::Impl {
  RecorderOptions options;
  PictureRate rate{30, 1};
  std::optional<OutputFile> next_file;  // open and empty
  std::unique_ptr<RecordingFile> file;
  Bytes sps, sets;  // that the pictures which come now need
  Bytes file_sps;   // that the file began with
  Bytes unit;       // a picture with what has to go before it
  Bytes before;     // units without a picture, for the next one
  bool before_has_sps = false;
  bool failed = false;          // the file is left as it is
  bool waiting = true;          // for a key frame
  std::int64_t origin_ns = 0;   // of the file's times
  std::int64_t end_ns = 0;      // where the newest picture of the file ends
  std::int64_t earlier_ns = 0;  // shown by the files before
  std::uint64_t file_keys = 0, since_sync = 0;
  std::uint64_t earlier_bytes = 0, earlier_pictures = 0;  // of the files before
  Recorded recorded;

  void forget_before() {
    before.clear();
    before_has_sps = false;
  }
  std::int64_t picture_ns() const {
    return 1'000'000'000LL * rate.denominator / std::max(1U, rate.numerator);
  }
  std::string path_of(std::uint64_t number) const {
    return number == 1 && !options.has_segments() ? options.path
                                                  : segment_path(options.path, number);
  }
  bool begins_file(const CodedPicture& picture, const Look& look) const;
  bool segment_is_full(std::int64_t pts_ns) const;
  Result<void> begin_file(const CodedPicture& picture);
  Result<void> end_file();
  void remember_sets(const Look& look);
  void gather_unit(const CodedPicture& picture, const Look& look, bool with_sets);
  void keep_for_next(const CodedPicture& unit_without_picture, const Look& look);
  Result<void> take(const CodedPicture& picture);
  Result<void> write(const CodedPicture& picture, bool key);
  Result<void> sync_when_due();
};

Recorder::Recorder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Result<Recorder> Recorder::create(const RecorderOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  VSL_TRY(impl->next_file, OutputFile::open(impl->path_of(1)));
  return Recorder(std::move(impl));
}

const Recorded& Recorder::recorded() const { return impl_->recorded; }
void Recorder::set_rate(PictureRate rate) { impl_->rate = rate; }
void Recorder::lost_pictures() {
  impl_->waiting = true;
  impl_->forget_before();
}

bool Recorder::wants_key_frame(std::int64_t pts_ns) const {
  return impl_->file != nullptr && impl_->segment_is_full(pts_ns);
}

bool Recorder::Impl::segment_is_full(std::int64_t pts_ns) const {
  if (options.segment_ns > 0 && pts_ns - origin_ns >= options.segment_ns) return true;
  return options.segment_bytes > 0 && file->bytes() >= options.segment_bytes;
}

bool Recorder::Impl::begins_file(const CodedPicture& picture, const Look& look) const {
  if (!look.key) return false;
  if (file == nullptr || picture.codec != recorded.codec || sps != file_sps) return true;
  const bool enough_keys = options.segment_keys > 0 && file_keys >= options.segment_keys;
  return enough_keys || segment_is_full(picture.pts_ns);
}

// Sets that come in pieces make up one set of sets; a new SPS begins it anew.
void Recorder::Impl::remember_sets(const Look& look) {
  if (look.sets.empty()) return;
  if (look.sps) {
    sps.assign(look.sps->begin(), look.sps->end());
    sets = look.sets;
  } else if (std::search(sets.begin(), sets.end(), look.sets.begin(), look.sets.end()) ==
             sets.end()) {
    sets.insert(sets.end(), look.sets.begin(), look.sets.end());
  }
}

// A file has to begin with parameter sets, which an encoder may have sent once, long ago.
void Recorder::Impl::gather_unit(const CodedPicture& picture, const Look& look, bool with_sets) {
  unit.clear();
  if (with_sets && !look.sps && !before_has_sps) unit = sets;
  unit.insert(unit.end(), before.begin(), before.end());
  unit.insert(unit.end(), picture.bytes.begin(), picture.bytes.end());
  forget_before();
}

Result<void> Recorder::Impl::begin_file(const CodedPicture& picture) {
  VSL_CHECK(end_file());
  const auto sequence = parse_sps(picture.codec, sps);
  if (!sequence) {
    return Error::of(std::errc::illegal_byte_sequence,
                     "record the coded video: its SPS cannot be read");
  }
  const std::string path = path_of(recorded.files.size() + 1);
  if (!next_file) {
    VSL_TRY(next_file, OutputFile::open(path));
  }
  OutputFile output = std::move(*next_file);
  next_file.reset();
  if (options.mp4) {
    VideoTrack track{picture.codec, *sequence, sets};
    track.rate_numerator = rate.numerator;
    track.rate_denominator = rate.denominator;
    VSL_TRY(file, record_mp4(std::move(output), track));
  } else {
    file = record_annex_b(std::move(output));
  }
  recorded.files.push_back(path);
  recorded.codec = picture.codec;
  recorded.sequence = *sequence;
  file_sps = sps;
  file_keys = 0;
  origin_ns = end_ns = picture.pts_ns;
  return {};
}

Result<void> Recorder::Impl::end_file() {
  if (file == nullptr) return {};
  const Result<void> finished = file->finish();
  earlier_bytes += file->bytes();
  earlier_pictures += file->pictures();
  earlier_ns += end_ns - origin_ns;
  recorded.bytes = earlier_bytes;
  if (finished && options.sync_every > 0) VSL_CHECK(file->sync());
  file.reset();
  return finished;
}

Result<void> Recorder::Impl::write(const CodedPicture& picture, bool key) {
  VSL_CHECK(file->write({unit, picture.pts_ns - origin_ns, picture.dts_ns - origin_ns, key}));
  ++recorded.pictures;
  ++since_sync;
  recorded.key_frames += key ? 1 : 0;
  file_keys += key ? 1 : 0;
  recorded.bytes = earlier_bytes + file->bytes();
  end_ns = std::max(end_ns, picture.pts_ns + picture_ns());
  recorded.duration_ns = earlier_ns + end_ns - origin_ns;
  return sync_when_due();
}

Result<void> Recorder::Impl::sync_when_due() {
  if (options.sync_every == 0 || since_sync < options.sync_every) return {};
  since_sync = 0;
  return file->sync();
}

// Parameter sets, delimiters, messages: they belong to the picture that follows. What is not even
// that, or never ends, is rubbish.
void Recorder::Impl::keep_for_next(const CodedPicture& unit_without_picture, const Look& look) {
  constexpr std::size_t kMostBytes = 1 << 20;
  const auto bytes = unit_without_picture.bytes;
  if (!look.any || bytes.size() > kMostBytes - before.size()) {
    forget_before();
    ++recorded.skipped;
    return;
  }
  before.insert(before.end(), bytes.begin(), bytes.end());
  before_has_sps = before_has_sps || look.sps.has_value();
}

Result<void> Recorder::Impl::take(const CodedPicture& picture) {
  const Look look = look_at(picture.codec, picture.bytes);
  remember_sets(look);
  if (!look.picture) {
    keep_for_next(picture, look);
    return {};
  }
  if (waiting && (!look.key || sps.empty())) {
    forget_before();
    ++recorded.skipped;
    return {};
  }
  const bool begins = begins_file(picture, look);
  gather_unit(picture, look, begins);
  if (begins) VSL_CHECK(begin_file(picture));
  waiting = false;
  return write(picture, look.key);
}

Result<void> Recorder::write(const CodedPicture& picture) {
  Result<void> taken = impl_->take(picture);
  if (taken) return taken;
  impl_->failed = true;
  if (impl_->file != nullptr) {
    impl_->recorded.pictures = impl_->earlier_pictures + impl_->file->pictures();
  }
  return taken;
}

Result<void> Recorder::finish() {
  VSL_CHECK(impl_->end_file());
  if (impl_->failed || !impl_->options.mp4 || !impl_->options.faststart) return {};
  for (const std::string& path : impl_->recorded.files) VSL_CHECK(make_faststart(path));
  return {};
}

}  // namespace vsl::avformat
