// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "avformat/recorder.hpp"
#include "media/access_units.hpp"
#include "media/coded_stream_testing.hpp"

namespace vsl::avformat {

namespace fs = std::filesystem;
using test::Bytes;

constexpr std::int64_t kPictureNs = 40'000'000;  // 25 a second

/// A folder of a test's own, and pictures for a recorder.
class RecorderFolder {
 protected:
  RecorderFolder() {
    std::string name = fs::temp_directory_path() / "vsl-recorder-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    options_.path = folder_ / "clip.h264";
  }
  ~RecorderFolder() { fs::remove_all(folder_); }

  Result<Recorder> create() {
    auto recorder = Recorder::create(options_);
    if (recorder) recorder->set_rate({25, 1});
    return recorder;
  }
  Result<void> key(Recorder& recorder, const Bytes& sps = test::h264_sps()) {
    return write(recorder, {sps, test::h264_pps(), test::h264_slice({.header = 0x65})});
  }
  Result<void> other(Recorder& recorder) {
    return write(recorder, {test::h264_slice({.frame_num = static_cast<unsigned>(index_) % 16})});
  }
  Result<void> write(Recorder& recorder, const std::vector<Bytes>& nals) {
    VSL_CHECK(push(recorder, nals));
    return settle(recorder);
  }
  Result<Fate> push(Recorder& recorder, const std::vector<Bytes>& nals) {
    const Bytes unit = test::annex_b(nals, true);
    const std::int64_t time_ns = kPictureNs * index_++;
    return recorder.write({VideoCodec::h264, unit, time_ns, time_ns});
  }
  /// Until everything is written, or failed.
  static Result<void> settle(Recorder& recorder) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (recorder.recorded().queued > 0) {
      if (std::chrono::steady_clock::now() > limit) return Error::of(std::errc::timed_out, "write");
      std::this_thread::yield();
    }
    return recorder.check();
  }
  static Bytes content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    Bytes bytes(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = static_cast<std::byte>(text[i]);
    return bytes;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      found.push_back(entry.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  /// How many pictures a file has, and of what kind the first NAL unit is.
  static std::pair<std::size_t, NalKind> pictures(const fs::path& path) {
    return pictures(content(path));
  }
  static std::pair<std::size_t, NalKind> pictures(const Bytes& bytes) {
    AccessUnitSplitter splitter(VideoCodec::h264);
    if (!splitter.push(bytes)) return {};
    splitter.finish();
    std::size_t count = 0;
    while (const auto unit = splitter.next()) count += unit->has_picture ? 1 : 0;
    NalScanner nals(bytes);
    const auto first = nals.next();
    return {count, first ? nal_kind(VideoCodec::h264, *first) : NalKind::unregarded};
  }

  fs::path folder_;
  RecorderOptions options_;
  std::int64_t index_ = 0;
};

// The box a file begins with says what it is; fragments have one each, whole files none.
inline std::size_t boxes(const Bytes& file, const char* type) {
  std::size_t count = 0;
  const std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  for (std::size_t at = text.find(type); at != std::string::npos; at = text.find(type, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace vsl::avformat
