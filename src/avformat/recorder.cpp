// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/recorder.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "avformat/recording_writer.hpp"

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
  RecordingWriter writer;
  PictureRate rate{30, 1};
  std::optional<OutputFile> first_file;  // open and empty
  Bytes sps, sets;                       // that the pictures which come now need
  Bytes file_sps;                        // that the file began with
  Bytes before;                          // units without a picture, for the next one
  bool before_has_sps = false;
  bool any_file = false;
  bool failed = false, finished = false;  // what is in the files, and no more, counts
  bool waiting = true;                    // for a key frame
  bool dropping = false;                  // … since no more could wait for the disk
  std::int64_t origin_ns = 0;             // of the file's times
  std::int64_t end_ns = 0;                // where the newest picture of the file ends
  std::int64_t earlier_ns = 0;            // shown by the files before
  std::uint64_t file_keys = 0, file_bytes = 0;
  Recorded recorded;

  explicit Impl(const RecorderOptions& wanted)
      : options(wanted), writer({wanted.queue_bytes, wanted.queue_ns}, wanted.sync_every) {}

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
  Result<std::unique_ptr<FileToBegin>> begin_file(const CodedPicture& picture);
  void remember_sets(const Look& look);
  Bytes gather_unit(const CodedPicture& picture, const Look& look, bool with_sets);
  Fate keep_for_next(const CodedPicture& unit_without_picture, const Look& look);
  bool has_room(const CodedPicture& picture, const Look& look);
  Result<Fate> take(const CodedPicture& picture);
  void count(const QueuedPicture& picture);
  Result<void> note(Result<void> result);
};

Recorder::Recorder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Result<Recorder> Recorder::create(const RecorderOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  VSL_TRY(impl->first_file, OutputFile::open(impl->path_of(1)));
  VSL_CHECK(impl->writer.start());
  return Recorder(std::move(impl));
}

Recorded Recorder::recorded() const {
  const WriterState state = impl_->writer.state();
  Recorded recorded = impl_->recorded;
  recorded.queued = state.queued;
  recorded.queued_bytes = state.queued_bytes;
  recorded.most_queued_bytes = state.most_queued_bytes;
  recorded.bytes = state.bytes + state.queued_bytes;
  if (!impl_->failed && !impl_->finished) return recorded;
  recorded.files.resize(std::min<std::size_t>(recorded.files.size(), state.files));
  recorded.pictures = state.pictures;
  recorded.key_frames = state.key_frames;
  recorded.duration_ns = state.duration_ns;
  return recorded;
}

void Recorder::set_rate(PictureRate rate) { impl_->rate = rate; }
void Recorder::lost_pictures() {
  impl_->waiting = true;
  impl_->forget_before();
}

bool Recorder::wants_key_frame(std::int64_t pts_ns) const {
  if (impl_->dropping) return impl_->writer.is_half_empty();
  return impl_->any_file && impl_->segment_is_full(pts_ns);
}

bool Recorder::Impl::segment_is_full(std::int64_t pts_ns) const {
  if (options.segment_ns > 0 && pts_ns - origin_ns >= options.segment_ns) return true;
  return options.segment_bytes > 0 && file_bytes >= options.segment_bytes;
}

bool Recorder::Impl::begins_file(const CodedPicture& picture, const Look& look) const {
  if (!look.key) return false;
  if (!any_file || picture.codec != recorded.codec || sps != file_sps) return true;
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
Bytes Recorder::Impl::gather_unit(const CodedPicture& picture, const Look& look, bool with_sets) {
  Bytes unit;
  if (with_sets && !look.sps && !before_has_sps) unit = sets;
  unit.insert(unit.end(), before.begin(), before.end());
  unit.insert(unit.end(), picture.bytes.begin(), picture.bytes.end());
  forget_before();
  return unit;
}

Result<std::unique_ptr<FileToBegin>> Recorder::Impl::begin_file(const CodedPicture& picture) {
  const auto sequence = parse_sps(picture.codec, sps);
  if (!sequence) {
    return Error::of(std::errc::illegal_byte_sequence,
                     "record the coded video: its SPS cannot be read");
  }
  auto begin = std::make_unique<FileToBegin>();
  begin->path = path_of(recorded.files.size() + 1);
  begin->open = std::exchange(first_file, std::nullopt);
  begin->mp4 = options.mp4;
  begin->track = VideoTrack{picture.codec, *sequence, sets};
  begin->track.rate_numerator = rate.numerator;
  begin->track.rate_denominator = rate.denominator;
  begin->origin_ns = picture.pts_ns;
  recorded.files.push_back(begin->path);
  recorded.codec = picture.codec;
  recorded.sequence = *sequence;
  file_sps = sps;
  file_keys = file_bytes = 0;
  earlier_ns += end_ns - origin_ns;
  origin_ns = end_ns = picture.pts_ns;
  any_file = true;
  return begin;
}

void Recorder::Impl::count(const QueuedPicture& picture) {
  ++recorded.pictures;
  recorded.key_frames += picture.key ? 1 : 0;
  file_keys += picture.key ? 1 : 0;
  file_bytes += picture.bytes.size();
  end_ns = std::max(end_ns, picture.pts_ns + picture_ns());
  recorded.duration_ns = earlier_ns + end_ns - origin_ns;
}

// Parameter sets, delimiters, messages: they belong to the picture that follows. What is not even
// that, or never ends, is rubbish.
Fate Recorder::Impl::keep_for_next(const CodedPicture& unit_without_picture, const Look& look) {
  constexpr std::size_t kMostBytes = 1 << 20;
  const auto bytes = unit_without_picture.bytes;
  if (!look.any || bytes.size() > kMostBytes - before.size()) {
    forget_before();
    ++recorded.skipped;
    return Fate::skipped;
  }
  before.insert(before.end(), bytes.begin(), bytes.end());
  before_has_sps = before_has_sps || look.sps.has_value();
  return Fate::kept;
}

// Whether the picture may wait for the disk. Once one had to be left out, those that refer to it
// are worth nothing, and a queue that is full again after three pictures is no gain.
bool Recorder::Impl::has_room(const CodedPicture& picture, const Look& look) {
  const std::size_t bytes = sets.size() + before.size() + picture.bytes.size();
  if (options.wait_for_disk) {
    writer.wait_for_room(bytes, picture.dts_ns);
    return true;
  }
  if (dropping) return look.key && writer.is_half_empty();
  return writer.has_room(bytes, picture.dts_ns);
}

Result<Fate> Recorder::Impl::take(const CodedPicture& picture) {
  const Look look = look_at(picture.codec, picture.bytes);
  remember_sets(look);
  if (!look.picture) return keep_for_next(picture, look);
  if (waiting && !dropping && (!look.key || sps.empty())) {
    forget_before();
    ++recorded.skipped;
    return Fate::skipped;
  }
  dropping = !has_room(picture, look);
  if (dropping) {
    forget_before();
    ++recorded.dropped;
    return Fate::dropped;
  }
  QueuedPicture queued;
  const bool begins = begins_file(picture, look);
  queued.bytes = gather_unit(picture, look, begins);
  if (begins) {
    VSL_TRY(queued.begins, begin_file(picture));
  }
  queued.pts_ns = picture.pts_ns;
  queued.dts_ns = picture.dts_ns;
  queued.key = look.key;
  waiting = false;
  count(queued);
  VSL_CHECK(writer.push(std::move(queued)));
  return Fate::recorded;
}

Result<void> Recorder::Impl::note(Result<void> result) {
  failed = failed || !result;
  return result;
}

Result<Fate> Recorder::write(const CodedPicture& picture) {
  Result<Fate> fate = impl_->take(picture);
  impl_->failed = impl_->failed || !fate;
  return fate;
}

Result<void> Recorder::check() { return impl_->note(impl_->writer.check()); }

Result<void> Recorder::finish() {
  impl_->finished = true;
  impl_->first_file.reset();
  VSL_CHECK(impl_->note(impl_->writer.finish()));
  if (impl_->failed || !impl_->options.mp4 || !impl_->options.faststart) return {};
  for (const std::string& path : impl_->recorded.files) VSL_CHECK(make_faststart(path));
  return {};
}

}  // namespace vsl::avformat
