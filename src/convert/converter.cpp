// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/convert.hpp"

#include <strings.h>

#include <cstdlib>
#include <utility>

#include "base/guarded.hpp"
#include "base/log.hpp"
#include "convert/cpu_access.hpp"
#include "convert/libyuv_module.hpp"
#include "convert/picture.hpp"
#include "convert/plan.hpp"

namespace vsl {
namespace {

using convert::Backend;
using MadeBackend = Result<std::unique_ptr<Backend>>;

MadeBackend load_libyuv() {
  VSL_TRY(const ModuleHead* head, load_module(convert::kLibyuvModule));
  return reinterpret_cast<const convert::LibyuvModule*>(head)->make_backend();
}

// An engine's results differ in the last bits, and its library is not ours.
bool only_libyuv() {
  const char* const wanted = ::secure_getenv("VSL_CONVERT_BACKEND");
  return wanted != nullptr && ::strcasecmp(wanted, "libyuv") == 0;
}

MadeBackend load_g2d() {
  if (!only_libyuv()) return convert::make_g2d_backend();
  return Error::of(std::errc::operation_canceled, "use G2D against VSL_CONVERT_BACKEND=libyuv");
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

template <class Byte>
Result<BasicPicture<Byte>> picture_in(const Frame& frame) {
  if (!frame) return Error::of(std::errc::invalid_argument, "convert a frame without memory");
  convert::Buffers buffers{};
  for (std::size_t i = 0; i < kMaxPlanes; ++i) buffers[i] = frame.buffer(i).get();
  return convert::picture_in<Byte>(frame.info(), buffers, frame.cpu_access());
}

}  // namespace

struct Converter::Impl {
  std::unique_ptr<Backend> g2d;  ///< null: not here
  MadeBackend libyuv;
  ConverterStats stats;

  Result<void> convert(const convert::Job& job) {
    return convert_by_g2d(job) ? Result<void>() : convert_by_libyuv(job);
  }

  bool convert_by_g2d(const convert::Job& job) {
    if (g2d == nullptr) return false;
    const auto done = g2d->convert(job);
    if (done) {
      ++stats.by_g2d;
    } else if (done.error().code != std::errc::not_supported) {
      ++stats.g2d_failures;
      VSL_LOG_DEBUG("the CPU converts instead", kv("error", done.error()));
    }
    return done.has_value();
  }

  Result<void> convert_by_libyuv(const convert::Job& job) {
    if (!libyuv) return libyuv.error();
    VSL_TRY(const convert::CpuAccess access, convert::CpuAccess::begin(job));
    VSL_CHECK((*libyuv)->convert(job));
    ++stats.by_libyuv;
    return {};
  }
};

Converter::Converter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Converter::Converter(Converter&&) noexcept = default;
Converter& Converter::operator=(Converter&&) noexcept = default;
Converter::~Converter() = default;

Result<Converter> Converter::create() {
  return guarded("make a converter", []() -> Result<Converter> {
    auto g2d = load_g2d();
    auto libyuv = load_libyuv();
    if (!g2d && !libyuv) return std::move(libyuv).error();
    return Converter(std::make_unique<Impl>(
        Impl{g2d ? std::move(*g2d) : nullptr, std::move(libyuv), ConverterStats{}}));
  });
}

Result<Colorimetry> Converter::convert(const Picture& from, const MutablePicture& to,
                                       const Rect& crop) {
  return guarded("convert a picture", [&]() -> Result<Colorimetry> {
    VSL_TRY(const convert::Plan plan, convert::plan(from, to, crop));
    VSL_CHECK(impl_->convert(plan.job));
    return plan.color;
  });
}

Result<void> Converter::convert(const Picture& from, Frame& to, const Rect& crop) {
  return guarded("convert a picture", [&]() -> Result<void> {
    VSL_TRY(const MutablePicture target, picture_in<std::byte>(to));
    VSL_TRY(const convert::Plan plan, convert::plan(from, target, crop));
    VSL_CHECK(check_writable(to));
    VSL_CHECK(impl_->convert(plan.job));
    to.info().color = plan.color;
    return {};
  });
}

Result<void> Converter::convert(Frame& from, Frame& to, const Rect& crop) {
  return guarded("convert a frame", [&]() -> Result<void> {
    VSL_TRY(const Picture source, picture_in<const std::byte>(from));
    return convert(source, to, crop);
  });
}

bool Converter::supports(Fourcc fourcc) noexcept { return find_components(fourcc) != nullptr; }

ConverterStats Converter::stats() const noexcept { return impl_->stats; }

Result<std::vector<ConverterBackend>> list_converters() {
  return guarded("list converters", []() -> Result<std::vector<ConverterBackend>> {
    ConverterBackend g2d{"g2d", "", std::nullopt}, libyuv{"libyuv", "", std::nullopt};
    auto engine = only_libyuv() ? Result<std::string>(load_g2d().error()) : convert::describe_g2d();
    if (engine)
      g2d.description = *std::move(engine);
    else
      g2d.missing = std::move(engine).error();
    const auto module = load_libyuv();
    if (module)
      libyuv.description = "all formats, on the CPU";
    else
      libyuv.missing = module.error();
    return std::vector<ConverterBackend>{std::move(g2d), std::move(libyuv)};
  });
}

}  // namespace vsl
