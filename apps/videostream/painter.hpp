// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source.hpp"
#include "values.hpp"
#include "videostream/frame.hpp"

namespace vsl::command {

/// Makes pictures that have to be put into memory of ours: a pattern, a file. Thread-confined.
class Painter {
 public:
  virtual ~Painter() = default;
  virtual Resolution size() const = 0;
  virtual std::optional<FrameRate> rate() const = 0;
  /// Makes the next picture ready. When it is due, in ns from the first; nothing at the end.
  virtual Result<std::optional<std::int64_t>> next() = 0;
  /// Puts the picture that next() made ready into `frame`, whose layout is of any size and format.
  virtual Result<void> fill(Frame& frame) = 0;
  /// Whether the stamp of `receive --verify` may go into the pixels as well as beside them.
  virtual bool stamps_pixels() const = 0;
  /// How often a picture's pixels are copied or converted on their way into the frame.
  virtual unsigned copies_per_frame() const = 0;
  virtual Damage damage() const { return {}; }
  /// What is lost of the video when its pictures are put into frames of `format` and encoded.
  virtual std::vector<std::string> losses(Fourcc) const { return {}; }
};

/// A moving test picture of any size and uncompressed format.
std::unique_ptr<Painter> make_test_pattern(Resolution size, FrameRate rate);

struct FilePainterOptions {
  bool loop = false;              ///< begin again at the end of the file
  std::optional<FrameRate> rate;  ///< unset: the file's own time stamps
};
/// The video in a file, decoded in software. Errors: those of opening and decoding it.
Result<std::unique_ptr<Painter>> open_file_painter(const std::string& path,
                                                   const FilePainterOptions& options);

}  // namespace vsl::command
