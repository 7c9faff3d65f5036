// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
extern "C" {
#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "avformat/byte_file.hpp"
#include "avformat/demuxer.hpp"
#include "avformat/elementary_stream.hpp"
#include "avformat/new_file.hpp"
#include "avformat/parameter_sets.hpp"

namespace vsl::avformat {
namespace {

/// Appends NAL units to a file as Annex B.
class AnnexBFile {
 public:
  static Result<AnnexBFile> open(const NewFile& target) {
    AnnexBFile file;
    file.path_ = target.path();
    file.file_.reset(std::fopen(target.temporary_path().c_str(), "wbe"));
    if (file.file_ == nullptr) return Error::last("Failed to create output file " + file.path_);
    return file;
  }

  /// The long start code is for the first unit of a picture and for parameter sets.
  /// Source: Rec. ITU-T H.264 §B.1.2, zero_byte.
  void append(std::span<const std::byte> nal, bool long_code) {
    constexpr std::array<unsigned char, 4> kCode{0, 0, 0, 1};
    const std::size_t skip = long_code ? 0 : 1;
    std::fwrite(kCode.data() + skip, 1, kCode.size() - skip, file_.get());
    std::fwrite(nal.data(), 1, nal.size(), file_.get());
    bytes_ += kCode.size() - skip + nal.size();
  }
  std::uint64_t bytes() const { return bytes_; }
  Result<void> check() const {
    if (std::ferror(file_.get()) == 0) return {};
    return Error::last("write to " + path_);
  }
  Result<void> close() {
    VSL_CHECK(check());
    if (std::fclose(file_.release()) != 0) return Error::last("write to " + path_);
    return {};
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t bytes_ = 0;
};

Result<VideoCodec> codec_of(const VideoStream& video, const std::string& input,
                            std::optional<VideoCodec> only) {
  if (!video.codec) {
    return Error::of(std::errc::not_supported,
                     "the video in " + input + " is neither H.264 nor HEVC");
  }
  if (!only || only == video.codec) return *video.codec;
  return Error::of(std::errc::not_supported, "the video in " + input + " is " +
                                                 name_of(*video.codec) + ", not " + name_of(*only) +
                                                 " as --codec or the output's name says");
}

/// The length-prefixed units of one sample; nothing when their lengths cannot be.
std::optional<std::vector<std::span<const std::byte>>> split_sample(
    std::span<const std::byte> sample, unsigned length_bytes) {
  std::vector<std::span<const std::byte>> nals;
  while (!sample.empty()) {
    std::size_t bytes = 0;
    const bool has_length = sample.size() >= length_bytes;
    for (unsigned i = 0; has_length && i < length_bytes; ++i) {
      bytes = bytes << 8 | std::to_integer<std::size_t>(sample[i]);
    }
    if (!has_length || bytes > sample.size() - length_bytes) return {};
    if (bytes > 0) nals.push_back(sample.subspan(length_bytes, bytes));
    sample = sample.subspan(length_bytes + bytes);
  }
  return nals;
}

bool has_sps(VideoCodec codec, const std::vector<std::span<const std::byte>>& nals) {
  for (const auto nal : nals) {
    if (nal_kind(codec, nal) == NalKind::sps) return true;
  }
  return false;
}

bool is_parameter_set(NalKind kind) {
  return kind == NalKind::vps || kind == NalKind::sps || kind == NalKind::pps;
}

std::span<const std::byte> header_of(const VideoStream& video) {
  return {reinterpret_cast<const std::byte*>(video.parameters->extradata),
          static_cast<std::size_t>(video.parameters->extradata_size)};
}

Converted describe(const VideoStream& video, VideoCodec codec, std::uint64_t bytes_in) {
  Converted converted;
  converted.codec = codec;
  converted.width_px = video.width_px;
  converted.height_px = video.height_px;
  converted.bytes_in = bytes_in;
  converted.rate = {static_cast<std::uint32_t>(video.frame_rate_numerator),
                    static_cast<std::uint32_t>(video.frame_rate_denominator)};
  return converted;
}

void append_sample(AnnexBFile& out, VideoCodec codec, const ParameterSets& sets, bool first_sample,
                   const std::vector<std::span<const std::byte>>& nals) {
  if (first_sample && !has_sps(codec, nals)) {
    for (const auto& set : sets.nals) out.append(set, true);
  }
  bool first = true;
  for (const auto nal : nals) {
    out.append(nal, first || is_parameter_set(nal_kind(codec, nal)));
    first = false;
  }
}

/// Everything up to the end of the file, or to where it is cut off.
Result<void> copy_samples(Demuxer& demuxer, const ParameterSets& sets, AnnexBFile& out,
                          Converted& converted, const Progress& progress) {
  std::int64_t duration_ns = 0;
  std::uint64_t done_bytes = 0;
  for (;;) {
    const Result<const AVPacket*> packet = demuxer.read();
    if (!packet && packet.error().code == std::errc::bad_message) {
      converted.cut_off = packet.error().where;
      break;
    }
    if (!packet) return packet.error();
    if (*packet == nullptr) break;
    const Sample sample = demuxer.describe(**packet);
    const auto nals = split_sample(sample.bytes, sets.length_bytes);
    const bool whole = nals && ((*packet)->flags & AV_PKT_FLAG_CORRUPT) == 0;
    if (whole) {
      append_sample(out, converted.codec, sets, converted.frames == 0, *nals);
      VSL_CHECK(out.check());
      ++converted.frames;
      converted.key_frames += ((*packet)->flags & AV_PKT_FLAG_KEY) != 0 ? 1 : 0;
      duration_ns += std::max<std::int64_t>(0, sample.duration_ns);
    }
    converted.damaged += whole ? 0 : 1;
    done_bytes += sample.bytes.size();
    if (progress && !progress(done_bytes, converted.bytes_in)) {
      return Error::of(std::errc::operation_canceled, "convert the file");
    }
  }
  converted.duration_ms = (duration_ns + 500'000) / 1'000'000;
  return {};
}

}  // namespace

bool is_mp4(std::span<const std::byte> head) {
  constexpr std::string_view kFileType = "ftyp";
  constexpr std::size_t kAt = 4;
  if (head.size() < kAt + kFileType.size()) return false;
  return std::string_view(reinterpret_cast<const char*>(head.data()) + kAt, kFileType.size()) ==
         kFileType;
}

Result<bool> is_mp4(const std::string& path) {
  VSL_TRY(ByteFile file, ByteFile::open(path));
  VSL_TRY(const std::span<const std::byte> head, file.read());
  return is_mp4(head);
}

Result<Converted> mp4_to_annex_b(const std::string& input, const std::string& output,
                                 std::optional<VideoCodec> only, const Progress& progress) {
  VSL_TRY(const ByteFile file, ByteFile::open(input));
  VSL_TRY(Demuxer demuxer, Demuxer::open(input));
  const VideoStream& video = demuxer.video();
  VSL_TRY(const VideoCodec codec, codec_of(video, input, only));
  VSL_TRY(const ParameterSets sets, read_parameter_sets(codec, header_of(video)));
  VSL_TRY(NewFile part, NewFile::create(output));
  VSL_TRY(AnnexBFile out, AnnexBFile::open(part));
  Converted converted = describe(video, codec, file.size_bytes());
  VSL_CHECK(copy_samples(demuxer, sets, out, converted, progress));
  if (converted.frames == 0) {
    return Error::of(std::errc::not_supported,
                     "No video frames found in " + input +
                         (converted.cut_off.empty() ? "" : " (" + converted.cut_off + ")"));
  }
  VSL_CHECK(out.close());
  VSL_CHECK(part.commit());
  converted.bytes_out = out.bytes();
  return converted;
}

}  // namespace vsl::avformat
