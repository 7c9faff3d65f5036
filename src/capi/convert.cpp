// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/convert.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "capi/frame_object.hpp"
#include "capi/guard.hpp"

namespace vsl::capi {
namespace {

Error refuse(const char* why) {
  return Error::of(std::errc::invalid_argument, std::string("vsl_frame_copy: ") + why);
}

/// The memory of a C frame while the CPU works on it.
class CpuAccess {
 public:
  static Result<CpuAccess> begin(const VSLFrame& frame, Access access) {
    CpuAccess session(frame, access);
    for (std::size_t i = 0; i < frame.info.layout.buffer_count; ++i) {
      VSL_CHECK(frame.buffers[i]->begin_cpu_access(access));
      ++session.begun_;
    }
    return session;
  }
  CpuAccess(CpuAccess&& other) noexcept
      : frame_(other.frame_), access_(other.access_), begun_(std::exchange(other.begun_, 0)) {}
  ~CpuAccess() {
    // A session that cannot be ended is not the program's business any more.
    while (begun_-- > 0) (void)frame_.buffers[begun_]->end_cpu_access(access_);
  }
  CpuAccess& operator=(CpuAccess&&) = delete;

 private:
  CpuAccess(const VSLFrame& frame, Access access) : frame_(frame), access_(access) {}

  const VSLFrame& frame_;
  Access access_;
  std::size_t begun_ = 0;
};

template <class Byte>
Result<BasicPicture<Byte>> picture_of_frame(const VSLFrame& frame) {
  const Layout& layout = frame.info.layout;
  BasicPicture<Byte> picture{layout, frame.info.color, frame.info.crop, {}};
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const PlaneLayout& plane = layout.planes[i];
    VSL_TRY(const std::span<std::byte> memory, frame.buffers[plane.buffer]->map());
    const std::uint64_t bytes = layout.plane_bytes(i);
    if (plane.offset_bytes > memory.size() || bytes > memory.size() - plane.offset_bytes) {
      return refuse("a picture is not in its memory");
    }
    picture.planes[i] = memory.subspan(plane.offset_bytes, bytes);
  }
  return picture;
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

Result<int> copy(VSLFrame* target, const VSLFrame* source, const VSLRect* crop) {
  VSL_CHECK(check(target, source));
  const Rect rect = rect_of(*source, crop);
  if (rect.width <= 0 || rect.height <= 0) return refuse("the rectangle is empty");
  VSL_TRY(const Picture from, picture_of_frame<const std::byte>(*source));
  VSL_TRY(const MutablePicture to, picture_of_frame<std::byte>(*target));
  VSL_TRY(Converter* const converter, thread_converter());
  VSL_TRY(const CpuAccess reading, CpuAccess::begin(*source, Access::read));
  VSL_TRY(const CpuAccess writing, CpuAccess::begin(*target, Access::read_write));
  VSL_TRY(target->info.color, converter->convert(from, to, rect));
  return static_cast<int>(
      std::min<std::int64_t>(vsl_frame_size(target), std::numeric_limits<int>::max()));
}

}  // namespace
}  // namespace vsl::capi

extern "C" int vsl_frame_copy(VSLFrame* target, VSLFrame* source, const VSLRect* crop) {
  return vsl::capi::guard<int>(-1, [&] { return vsl::capi::copy(target, source, crop); });
}
