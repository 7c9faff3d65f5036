// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "values.hpp"
#include "videostream/frame.hpp"
#include "videostream/result.hpp"

namespace vsl::command {

/// What of a source could not be read or decoded.
struct Damage {
  std::uint64_t pictures = 0;  ///< packets and pictures that failed
  std::string end;             ///< why it ended before its end; empty when it did not
};

/// Where `stream` has its pictures from. Thread-confined.
class Source {
 public:
  virtual ~Source() = default;
  virtual Resolution size() const = 0;
  /// Makes the next picture ready. When it is due, in ns from the first; nothing at the end.
  virtual Result<std::optional<std::int64_t>> next() = 0;
  /// Puts the picture that next() made ready into `frame`, whose layout is of any size and format.
  virtual Result<void> fill(Frame& frame) = 0;
  /// Whether the stamp of `receive --verify` may go into the pixels as well as beside them.
  virtual bool stamps_pixels() const = 0;
  /// How often a picture's pixels are copied or converted on their way into the frame.
  virtual unsigned copies_per_frame() const = 0;
  virtual Damage damage() const { return {}; }
};

/// A moving test picture of any size and uncompressed format.
std::unique_ptr<Source> make_test_pattern(Resolution size, FrameRate rate);

struct FileSourceOptions {
  bool loop = false;              ///< begin again at the end of the file
  std::optional<FrameRate> rate;  ///< unset: the file's own time stamps
};
/// The video in a file, decoded in software. Errors: those of opening and decoding it.
Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options);

}  // namespace vsl::command
