// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/convert.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "convert/libyuv_module.hpp"
#include "convert/plan.hpp"

namespace vsl {

struct Converter::Impl {
  std::unique_ptr<convert::Backend> backend;
};

namespace {

Result<std::unique_ptr<convert::Backend>> load_libyuv() {
  VSL_TRY(const ModuleHead* head, load_module(convert::kLibyuvModule));
  return reinterpret_cast<const convert::LibyuvModule*>(head)->make_backend();
}

Result<void> check_writable(const Frame& to) {
  for (std::size_t i = 0; i < to.info().layout.buffer_count; ++i) {
    if (to.buffer(i)->writable()) continue;
    return Error::of(std::errc::permission_denied, "convert into a " +
                                                       to.info().layout.fourcc.to_string() +
                                                       " frame (its memory can only be read here)");
  }
  return {};
}

// The same bytes may be mapped twice, at addresses that tell nothing.
bool share_bytes(const Frame& a, std::size_t plane_of_a, const Frame& b, std::size_t plane_of_b) {
  const Layout &first = a.info().layout, &second = b.info().layout;
  const PlaneLayout &x = first.planes[plane_of_a], &y = second.planes[plane_of_b];
  const Buffer &memory = *a.buffer(x.buffer), &other = *b.buffer(y.buffer);
  return memory.device() == other.device() && memory.inode() == other.inode() &&
         x.offset_bytes < y.offset_bytes + second.plane_bytes(plane_of_b) &&
         y.offset_bytes < x.offset_bytes + first.plane_bytes(plane_of_a);
}

Result<void> check_apart(const Frame& from, const Frame& to) {
  for (std::size_t i = 0; i < from.info().layout.plane_count; ++i) {
    for (std::size_t j = 0; j < to.info().layout.plane_count; ++j) {
      if (!share_bytes(from, i, to, j)) continue;
      return Error::of(std::errc::invalid_argument,
                       convert::attempt(from.info().layout, to.info().layout) +
                           " (the target lies in the memory of the source)");
    }
  }
  return {};
}

Result<void> check_memory(const Frame& frame) {
  if (frame) return {};
  return Error::of(std::errc::invalid_argument, "convert a frame without memory");
}

Result<MutablePicture> writable_picture(Frame& to) {
  VSL_CHECK(check_memory(to));
  VSL_CHECK(check_writable(to));
  VSL_CHECK(to.map());
  MutablePicture picture{to.info().layout, to.info().color, to.info().crop, {}};
  for (std::size_t i = 0; i < kMaxPlanes; ++i) picture.planes[i] = to.plane(i);
  return picture;
}

}  // namespace

Converter::Converter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Converter::Converter(Converter&&) noexcept = default;
Converter& Converter::operator=(Converter&&) noexcept = default;
Converter::~Converter() = default;

Result<Converter> Converter::create() {
  return guarded("make a converter", []() -> Result<Converter> {
    auto impl = std::make_unique<Impl>();
    VSL_TRY(impl->backend, load_libyuv());
    return Converter(std::move(impl));
  });
}

Result<Colorimetry> Converter::convert(const Picture& from, const MutablePicture& to,
                                       const Rect& crop) {
  return guarded("convert a picture", [&]() -> Result<Colorimetry> {
    VSL_TRY(const convert::Plan plan, convert::plan(from, to, crop));
    VSL_CHECK(impl_->backend->convert(plan.job));
    return plan.color;
  });
}

Result<void> Converter::convert(const Picture& from, Frame& to, const Rect& crop) {
  return guarded("convert a picture", [&]() -> Result<void> {
    VSL_TRY(const MutablePicture target, writable_picture(to));
    VSL_TRY(to.info().color, convert(from, target, crop));
    return {};
  });
}

Result<void> Converter::convert(Frame& from, Frame& to, const Rect& crop) {
  return guarded("convert a frame", [&]() -> Result<void> {
    VSL_CHECK(check_memory(from));
    VSL_CHECK(check_memory(to));
    VSL_CHECK(check_apart(from, to));
    VSL_CHECK(from.map());
    return convert(picture_of(from), to, crop);
  });
}

bool Converter::supports(Fourcc fourcc) noexcept { return find_components(fourcc) != nullptr; }

}  // namespace vsl
