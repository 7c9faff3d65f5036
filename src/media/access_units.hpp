// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/h264_syntax.hpp"
#include "media/nal.hpp"
#include "videostream/result.hpp"

namespace vsl {

/// The NAL units of one picture (of both its fields) and what goes before and after them.
struct AccessUnit {
  std::span<const std::byte> bytes;  ///< Annex B, from its first start code; valid until next()
  bool has_picture = false;          ///< false: parameter sets or padding alone
  bool key = false;                  ///< decoding can start here
  std::uint32_t slices = 0;
};

/// Finds where one NAL unit's picture ends and the next begins. Remembers parameter sets.
class PictureBoundary {
 public:
  explicit PictureBoundary(VideoCodec codec) : codec_(codec) {}
  /// Whether a slice is the first of another picture than the slice before it; true for the first.
  bool begins_picture(std::span<const std::byte> slice);
  /// Whether the next slice may be of the other field of the same frame.
  bool may_have_second_field() const { return previous_ && previous_->field && !previous_->second; }
  void see_parameter_set(NalKind kind, std::span<const std::byte> nal);

 private:
  bool begins_h264_picture(std::span<const std::byte> slice);

  VideoCodec codec_;
  std::vector<std::optional<h264::Sps>> sps_{h264::kMaxSpsId + 1};
  std::vector<std::optional<h264::Pps>> pps_{h264::kMaxPpsId + 1};
  std::optional<h264::SliceHead> previous_;
  bool any_slice_ = false;
};

/// Cuts a stream of Annex B bytes, which come in chunks of any size, into access units: all bytes
/// from the first start code on, none twice. Several slices a picture, delimiters or none, fields.
/// Allocates only to hold a larger access unit than any before. Thread-confined.
/// Source: Rec. ITU-T H.264 §7.4.1.2.3, H.265 §7.4.2.4.4.
class AccessUnitSplitter {
 public:
  /// `max_bytes`: an access unit that is larger is garbage.
  explicit AccessUnitSplitter(VideoCodec codec, std::size_t max_bytes = 64U << 20)
      : boundary_(codec), codec_(codec), max_bytes_(max_bytes) {}

  /// Adds bytes; ends the life of the AccessUnit given last.
  /// Errors: message_size (max_bytes without an end of the access unit; what was held is dropped).
  Result<void> push(std::span<const std::byte> chunk);
  /// Says that no byte follows: next() gives what is left.
  void finish() { finished_ = true; }
  /// The next whole access unit; nothing until more is pushed. Ends the life of the one before.
  std::optional<AccessUnit> next();

  /// Bytes in front of the first start code, which belong to nothing.
  std::uint64_t skipped_bytes() const { return skipped_bytes_; }

 private:
  bool find_first_code();
  std::size_t begin_of_code(std::size_t code) const;
  std::optional<std::size_t> boundary_before(NalKind kind, std::span<const std::byte> nal);
  std::optional<AccessUnit> see_nal(std::size_t end);
  std::optional<AccessUnit> take(std::size_t end);
  void compact();

  PictureBoundary boundary_;
  VideoCodec codec_;
  std::size_t max_bytes_;
  std::vector<std::byte> buffer_;
  std::size_t unit_begin_ = 0;  // of the access unit that is being gathered
  std::size_t nal_begin_ = 0;   // start code of the NAL unit that is being looked for the end of
  std::size_t searched_ = 0;    // no start code begins before, but at nal_begin_
  std::optional<std::size_t> prelude_;  // first unit since the last slice that may begin the next
  AccessUnit unit_;                     // but for its bytes
  bool started_ = false, finished_ = false;
  std::uint64_t skipped_bytes_ = 0;
};

}  // namespace vsl
