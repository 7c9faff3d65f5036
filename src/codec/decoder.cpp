// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.hpp"
#include "codec/backend.hpp"
#include "codec/by_stamp.hpp"
#include "media/access_units.hpp"
#include "videostream/client.hpp"

namespace vsl {
namespace {

constexpr std::size_t kMostWaitingBytes = 64U << 20;

// Others come in whole units, and past it.
AccessUnitSplitter splitter_of(Fourcc codec) {
  return AccessUnitSplitter(video_codec_of(codec).value_or(VideoCodec::h264));
}

}  // namespace

struct Decoder::Impl {
  explicit Impl(const DecoderOptions& wanted)
      : options(wanted), splitter(splitter_of(wanted.codec)) {}

  DecoderOptions options;
  const codec::Backend* backend = nullptr;
  std::unique_ptr<codec::DecoderBackend> open;

  AccessUnitSplitter splitter;
  bool finished = false;          // the splitter was told that nothing follows
  std::uint64_t split_bytes = 0;  // given out by the splitter
  std::uint64_t pushed_bytes = 0;
  struct Mark {
    std::uint64_t position;  // in the stream: from here on
    CodedTimes times;
  };
  std::deque<Mark> marks;  // of pushed bytes that may hold the begin of a unit

  struct Unit {
    std::vector<std::byte> bytes;
    CodedTimes times;
  };
  std::deque<Unit> whole;  // units that came whole
  std::size_t waiting_bytes = 0;

  std::int64_t next_stamp = 0;
  codec::ByStamp<CodedTimes> inside;
  bool drained = false, backend_drained = false;
  DecoderStats stats;

  void start_splitting();
  Result<void> check_open(const char* attempt) const;
  Result<void> add_stream(std::span<const std::byte> bytes, const CodedTimes& times);
  Result<void> add_unit(std::span<const std::byte> unit, const CodedTimes& times);
  Result<void> check_packet(const FrameInfo& info) const;
  CodedTimes times_at(std::uint64_t position);
  Result<bool> send_next();
  Result<void> send(std::span<const std::byte> unit, const CodedTimes& times);
  Frame describe(codec::BackendPicture picture);
  Result<std::optional<Frame>> next_picture();
  Result<void> reset();
};

void Decoder::Impl::start_splitting() {
  splitter = splitter_of(options.codec);
  finished = false;
  split_bytes = pushed_bytes = 0;
  marks.clear();
}

Result<void> Decoder::Impl::check_open(const char* attempt) const {
  if (!drained) return {};
  return Error::of(std::errc::operation_not_permitted,
                   std::string(attempt) + " after drain(): reset() first");
}

Result<void> Decoder::Impl::add_stream(std::span<const std::byte> bytes, const CodedTimes& times) {
  VSL_CHECK(check_open("decode more of a stream"));
  if (!video_codec_of(options.codec)) {
    return Error::of(std::errc::not_supported,
                     "find the pictures in a stream of " + options.codec.to_string() +
                         " (those of H264 and HEVC can be found; others come in whole units)");
  }
  if (times.pts_ns >= 0 || times.dts_ns >= 0) marks.push_back({pushed_bytes, times});
  pushed_bytes += bytes.size();
  return splitter.push(bytes);
}

Result<void> Decoder::Impl::add_unit(std::span<const std::byte> unit, const CodedTimes& times) {
  VSL_CHECK(check_open("decode an access unit"));
  if (unit.size() > kMostWaitingBytes - waiting_bytes) {
    return Error::of(std::errc::message_size,
                     "decode an access unit of " + std::to_string(unit.size()) + " bytes while " +
                         std::to_string(waiting_bytes) + " wait for next_picture()");
  }
  waiting_bytes += unit.size();
  whole.push_back({{unit.begin(), unit.end()}, times});
  return {};
}

Result<void> Decoder::Impl::check_packet(const FrameInfo& info) const {
  if (info.layout.fourcc == options.codec) return {};
  return Error::of(
      std::errc::invalid_argument,
      "decode a frame of " + info.layout.fourcc.to_string() + " as " + options.codec.to_string());
}

// The times given with the bytes in which the unit begins, if it is the first that does.
CodedTimes Decoder::Impl::times_at(std::uint64_t position) {
  CodedTimes times;
  while (!marks.empty() && marks.front().position <= position) {
    times = marks.front().times;
    marks.pop_front();
  }
  return times;
}

// Sends the next access unit, whole or split. False when there is none.
Result<bool> Decoder::Impl::send_next() {
  if (!whole.empty() && pushed_bytes > 0 && !finished) {
    splitter.finish();  // what came in pieces ended where a whole unit began
    finished = true;
  }
  if (const auto unit = splitter.next()) {
    const CodedTimes times = times_at(splitter.skipped_bytes() + split_bytes);
    split_bytes += unit->bytes.size();
    stats.coded_pictures += unit->has_picture ? 1 : 0;
    VSL_CHECK(send(unit->bytes, times));
    return true;
  }
  stats.skipped_bytes += splitter.skipped_bytes();
  if (finished && !drained) start_splitting();
  stats.skipped_bytes -= splitter.skipped_bytes();
  if (whole.empty()) return false;
  const Unit unit = std::move(whole.front());
  whole.pop_front();
  waiting_bytes -= unit.bytes.size();
  VSL_CHECK(send(unit.bytes, unit.times));
  return true;
}

Result<void> Decoder::Impl::send(std::span<const std::byte> unit, const CodedTimes& times) {
  ++stats.access_units;
  inside.put(next_stamp, times);
  return open->send(unit, next_stamp++);
}

Frame Decoder::Impl::describe(codec::BackendPicture picture) {
  Frame frame = std::move(picture.frame);
  if (const CodedTimes* times = inside.find(picture.stamp)) {
    frame.info().times.pts_ns = times->pts_ns;
    frame.info().times.dts_ns = times->dts_ns;
    frame.info().times.duration_ns = times->duration_ns;
  }
  ++stats.pictures;
  stats.damaged += picture.flawed ? 1 : 0;
  return frame;
}

Result<std::optional<Frame>> Decoder::Impl::next_picture() {
  for (;;) {
    VSL_TRY(auto picture, open->receive());
    if (picture) return std::optional(describe(std::move(*picture)));
    VSL_TRY(const bool sent, send_next());
    if (sent) continue;
    if (!drained || std::exchange(backend_drained, true)) return std::optional<Frame>();
    VSL_CHECK(open->drain());
  }
}

Result<void> Decoder::Impl::reset() {
  start_splitting();
  whole.clear();
  waiting_bytes = 0;
  drained = backend_drained = false;
  return open->reset();
}

Decoder::Decoder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::create(const DecoderOptions& options) {
  return guarded("create a decoder", [&]() -> Result<Decoder> {
    if (options.format != Fourcc{} && options.format != fourcc("NV12")) {
      return Error::of(std::errc::invalid_argument, "create a decoder with pictures in " +
                                                        options.format.to_string() +
                                                        " (NV12, or none to take what it makes)");
    }
    auto impl = std::make_unique<Impl>(options);
    VSL_TRY(impl->backend,
            codec::select_backend(options.backend, options.codec, false, options.implementation));
    VSL_TRY(impl->open, impl->backend->open_decoder(options));
    return Decoder(std::move(impl));
  });
}

Result<void> Decoder::decode(std::span<const std::byte> stream, const CodedTimes& times) {
  return guarded("decode a stream", [&] { return impl_->add_stream(stream, times); });
}

Result<void> Decoder::decode_unit(std::span<const std::byte> unit, const CodedTimes& times) {
  return guarded("decode an access unit", [&] { return impl_->add_unit(unit, times); });
}

Result<void> Decoder::decode(Frame& packet) {
  return guarded("decode a packet", [&]() -> Result<void> {
    const FrameInfo& info = packet.info();
    VSL_CHECK(impl_->check_packet(info));
    VSL_CHECK(packet.map());
    return impl_->add_unit(packet.plane(0),
                           {info.times.pts_ns, info.times.dts_ns, info.times.duration_ns});
  });
}

Result<void> Decoder::decode(const Lease& packet) {
  return guarded("decode a packet", [&]() -> Result<void> {
    const FrameInfo info = packet.info();
    VSL_CHECK(impl_->check_packet(info));
    VSL_CHECK(packet.map());
    return impl_->add_unit(packet.plane(0),
                           {info.times.pts_ns, info.times.dts_ns, info.times.duration_ns});
  });
}

Result<void> Decoder::drain() {
  impl_->splitter.finish();
  impl_->finished = impl_->drained = true;
  return {};
}

Result<void> Decoder::reset() {
  return guarded("reset a decoder", [&] { return impl_->reset(); });
}

Result<std::optional<Frame>> Decoder::next_picture() {
  return guarded("fetch a picture", [&] { return impl_->next_picture(); });
}

CodecBackend Decoder::backend() const noexcept { return impl_->backend->id; }

std::string Decoder::backend_name() const {
  return to_string(impl_->backend->id) + ": " + impl_->open->name();
}

DecoderStats Decoder::stats() const noexcept {
  DecoderStats stats = impl_->stats;
  const codec::DecoderCounts counts = impl_->open->counts();
  stats.damaged += counts.damaged;
  stats.copies = counts.copies;
  stats.buffers = counts.buffers;
  stats.skipped_bytes += impl_->splitter.skipped_bytes();
  return stats;
}

}  // namespace vsl
