// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/convert.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "capi/frame_object.hpp"
#include "capi/guard.hpp"
#include "convert/picture.hpp"

namespace vsl::capi {
namespace {

Error refuse(const char* why) {
  return Error::of(std::errc::invalid_argument, std::string("vsl_frame_copy: ") + why);
}

/// The session of vsl_frame_mmap(), ended while others work on the memory.
class SessionPause {
 public:
  explicit SessionPause(VSLFrame& frame) : frame_(frame), open_(frame.cpu_access) {
    end_cpu_access(frame);
  }
  ~SessionPause() {
    const Buffer& buffer = *frame_.main_buffer();
    frame_.cpu_access = open_ && buffer.begin_cpu_access(buffer.access());
  }
  SessionPause(const SessionPause&) = delete;
  SessionPause& operator=(const SessionPause&) = delete;

 private:
  VSLFrame& frame_;
  bool open_;
};

template <class Byte>
Result<BasicPicture<Byte>> picture_of_frame(const VSLFrame& frame) {
  convert::Buffers buffers{};
  for (std::size_t i = 0; i < kMaxPlanes; ++i) buffers[i] = frame.buffers[i].get();
  return convert::picture_in<Byte>(frame.info, buffers, false);
}

bool same_memory(const VSLFrame& a, const VSLFrame& b) {
  for (std::size_t i = 0; i < a.info.layout.buffer_count; ++i) {
    for (std::size_t j = 0; j < b.info.layout.buffer_count; ++j) {
      const Buffer &first = *a.buffers[i], &second = *b.buffers[j];
      if (first.device() == second.device() && first.inode() == second.inode()) return true;
    }
  }
  return false;
}

Result<void> check(const VSLFrame* target, const VSLFrame* source) {
  if (target == nullptr || source == nullptr) return refuse("target or source is NULL");
  if (target->main_buffer() == nullptr) return refuse("the target has no memory");
  if (source->main_buffer() == nullptr) return refuse("the source has no memory");
  if (same_memory(*target, *source)) return refuse("target and source are the same memory");
  for (std::size_t i = 0; i < target->info.layout.buffer_count; ++i) {
    if (target->is_own() && target->buffers[i]->writable()) continue;
    return Error::of(std::errc::permission_denied,
                     "vsl_frame_copy: the target is a posted or received frame, or its memory is "
                     "read-only");
  }
  return {};
}

// For each thread its own, kept for the working memory of a stream of pictures.
Result<Converter*> thread_converter() {
  thread_local std::optional<Converter> converter;
  if (!converter) {
    auto made = Converter::create();
    if (!made) {
      // For the caller it makes no difference why this pair is not converted.
      Error error = std::move(made).error();
      error.code = std::make_error_code(std::errc::not_supported);
      return error;
    }
    converter.emplace(std::move(made).value());
  }
  return &*converter;
}

Rect rect_of(const VSLFrame& source, const VSLRect* crop) {
  // All of it, also where the frame says that less is visible.
  if (crop == nullptr) {
    return {0, 0, static_cast<std::int32_t>(source.info.layout.width_px),
            static_cast<std::int32_t>(source.info.layout.height_px)};
  }
  return {crop->x, crop->y, crop->width, crop->height};
}

Result<int> copy(VSLFrame* target, VSLFrame* source, const VSLRect* crop) {
  VSL_CHECK(check(target, source));
  const Rect rect = rect_of(*source, crop);
  if (rect.width <= 0 || rect.height <= 0) return refuse("the rectangle is empty");
  VSL_TRY(const Picture from, picture_of_frame<const std::byte>(*source));
  VSL_TRY(const MutablePicture to, picture_of_frame<std::byte>(*target));
  VSL_TRY(Converter* const converter, thread_converter());
  const SessionPause source_pause(*source), target_pause(*target);
  VSL_TRY(target->info.color, converter->convert(from, to, rect));
  return static_cast<int>(
      std::min<std::int64_t>(vsl_frame_size(target), std::numeric_limits<int>::max()));
}

}  // namespace
}  // namespace vsl::capi

extern "C" int vsl_frame_copy(VSLFrame* target, VSLFrame* source, const VSLRect* crop) {
  return vsl::capi::guard<int>(-1, [&] { return vsl::capi::copy(target, source, crop); });
}
