// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/access_units.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "media/hevc_syntax.hpp"

namespace vsl {

bool PictureBoundary::begins_picture(std::span<const std::byte> slice) {
  const bool first = !std::exchange(any_slice_, true);
  const bool begins =
      codec_ == VideoCodec::hevc ? hevc::begins_picture(slice) : begins_h264_picture(slice);
  return first || begins;
}

bool PictureBoundary::begins_h264_picture(std::span<const std::byte> slice) {
  const auto pps_id = h264::slice_pps_id(slice);
  const auto* pps = pps_id && pps_[*pps_id] ? &*pps_[*pps_id] : nullptr;
  const auto* sps = pps != nullptr && sps_[pps->sps_id] ? &*sps_[pps->sps_id] : nullptr;
  const auto head = sps != nullptr ? h264::parse_slice(slice, *sps, *pps) : std::nullopt;
  const auto previous = std::exchange(previous_, head);
  if (head && previous) {
    const bool begins = h264::begins_frame(*previous, *head, *sps);
    previous_->second = !begins && (previous->second || previous->bottom != head->bottom);
    return begins;
  }
  // Without its parameter sets a slice says one thing: the first macroblock is the first bit, 1.
  return slice.size() > 1 && (std::to_integer<unsigned>(slice[1]) & 0x80) != 0;
}

void PictureBoundary::see_parameter_set(NalKind kind, std::span<const std::byte> nal) {
  if (codec_ != VideoCodec::h264) return;
  if (kind == NalKind::sps) {
    if (const auto sps = h264::parse_sps(nal)) sps_[sps->info.id] = sps;
  } else if (kind == NalKind::pps) {
    if (const auto pps = h264::parse_pps(nal)) pps_[pps->id] = pps;
  }
}

Result<void> AccessUnitSplitter::push(std::span<const std::byte> chunk) {
  compact();
  if (chunk.size() > max_bytes_ || buffer_.size() > max_bytes_ - chunk.size()) {
    const std::size_t held = buffer_.size();
    buffer_.clear();
    unit_begin_ = nal_begin_ = searched_ = 0;
    prelude_.reset();
    unit_ = {};
    started_ = false;
    return Error::of(std::errc::message_size, "split a coded stream: " + std::to_string(held) +
                                                  " and " + std::to_string(chunk.size()) +
                                                  " bytes are more than an access unit of " +
                                                  std::to_string(max_bytes_) + " bytes");
  }
  buffer_.insert(buffer_.end(), chunk.begin(), chunk.end());
  return {};
}

// Drops what was handed out. Not at every call: moving the rest costs more than keeping it.
void AccessUnitSplitter::compact() {
  if (unit_begin_ == 0 || unit_begin_ < buffer_.size() - unit_begin_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(unit_begin_));
  nal_begin_ -= unit_begin_;
  searched_ -= unit_begin_;
  if (prelude_) *prelude_ -= unit_begin_;
  unit_begin_ = 0;
}

bool AccessUnitSplitter::find_first_code() {
  if (started_) return true;
  const std::size_t code = find_start_code(buffer_, unit_begin_);
  started_ = code < buffer_.size();
  // What lies before belongs to nothing, but for the first bytes of a start code: of this one, or
  // of one that lies across the end.
  const std::size_t tail = std::min<std::size_t>(buffer_.size() - unit_begin_, kStartCodeBytes);
  const std::size_t keep = started_ ? begin_of_code(code) : buffer_.size() - tail;
  skipped_bytes_ += keep - unit_begin_;
  unit_begin_ = keep;
  nal_begin_ = code;
  searched_ = code + kStartCodeBytes;
  return started_;
}

// A fourth byte of a start code belongs to the unit that it begins.
std::size_t AccessUnitSplitter::begin_of_code(std::size_t code) const {
  return code > unit_begin_ && buffer_[code - 1] == std::byte{0} ? code - 1 : code;
}

std::optional<AccessUnit> AccessUnitSplitter::take(std::size_t end) {
  AccessUnit unit = std::exchange(unit_, {});
  unit.bytes = std::span(buffer_).subspan(unit_begin_, end - unit_begin_);
  unit_begin_ = end;
  prelude_.reset();
  return unit;
}

// Looks at the NAL unit whose start code is at nal_begin_. Where the access unit that is being
// gathered ends before it, if it does.
std::optional<std::size_t> AccessUnitSplitter::boundary_before(NalKind kind,
                                                               std::span<const std::byte> nal) {
  const std::size_t begin = begin_of_code(nal_begin_);
  switch (kind) {
    case NalKind::slice:
    case NalKind::key_slice:
      // Asked of every slice: the answer is about the one before.
      if (!boundary_.begins_picture(nal) || !unit_.has_picture) {
        prelude_.reset();
        return std::nullopt;
      }
      return prelude_.value_or(begin);
    case NalKind::suffix:
    case NalKind::unregarded:
      return std::nullopt;
    case NalKind::delimiter:
      // Where it begins another picture, that is known before the next slice is there.
      if (unit_.has_picture && !boundary_.may_have_second_field()) return prelude_.value_or(begin);
      [[fallthrough]];
    default:
      // Whether it belongs to the next picture the next slice will tell.
      if (unit_.has_picture && !prelude_) prelude_ = begin;
      return std::nullopt;
  }
}

// The NAL unit from nal_begin_ to `end` is whole. The access unit that ended before it, if one did.
std::optional<AccessUnit> AccessUnitSplitter::see_nal(std::size_t end) {
  const std::size_t payload = nal_begin_ + kStartCodeBytes;
  const auto nal = std::span(buffer_).subspan(payload, end - payload);
  const NalKind kind = nal_kind(codec_, nal);
  boundary_.see_parameter_set(kind, nal);
  const auto boundary = boundary_before(kind, nal);
  std::optional<AccessUnit> whole;
  if (boundary) whole = take(*boundary);
  if (kind == NalKind::slice || kind == NalKind::key_slice) {
    unit_.has_picture = true;
    unit_.key = unit_.key || kind == NalKind::key_slice;
    ++unit_.slices;
  }
  nal_begin_ = end;
  searched_ = end + kStartCodeBytes;
  return whole;
}

std::optional<AccessUnit> AccessUnitSplitter::next() {
  if (!find_first_code()) return std::nullopt;
  while (nal_begin_ < buffer_.size()) {
    const std::size_t end = find_start_code(buffer_, searched_);
    if (end == buffer_.size() && !finished_) {
      // The end of these bytes may be the begin of a start code.
      searched_ = std::max(searched_, end - std::min<std::size_t>(end, kStartCodeBytes - 1));
      return std::nullopt;
    }
    if (auto whole = see_nal(end)) return whole;
  }
  if (!finished_ || unit_begin_ == buffer_.size()) return std::nullopt;
  return take(buffer_.size());
}

}  // namespace vsl
