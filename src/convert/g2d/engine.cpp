// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/g2d/engine.hpp"

#include "base/log.hpp"
#include "convert/cpu_access.hpp"

namespace vsl::convert::g2d {
namespace {

constexpr std::uint8_t kFailuresToGiveUp = 8;

constexpr Capability kColors[] = {Capability::bt601_limited, Capability::bt709_limited,
                                  Capability::bt601_full, Capability::bt709_full};

Error for_the_cpu() { return Error::of(std::errc::not_supported, "use G2D"); }

Error failed(const char* function) {
  return Error::of(std::errc::io_error, std::string(function) + " of the 2D engine");
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Library& library,
                                             Reach (*reach)(const Buffer&)) {
  void* handle = nullptr;
  if (library.functions.open(&handle) != 0 || handle == nullptr) {
    return Error::of(std::errc::no_such_device, "g2d_open of " + library.file +
                                                    " (is the engine's driver loaded, and may this "
                                                    "user open it?)");
  }
  std::unique_ptr<Engine> engine(new Engine(library, handle, reach));
  engine->query();
  return engine;
}

Engine::Engine(const Library& library, void* handle, Reach (*reach)(const Buffer&))
    : library_(library), handle_(handle), addresses_(library, reach) {}

Engine::~Engine() {
  if (fork_guard_.in_child()) addresses_.abandon();
  close();
}

void Engine::close() noexcept {
  void* const handle = std::exchange(handle_, nullptr);
  if (handle != nullptr && !fork_guard_.in_child()) (void)library_.functions.close(handle);
}

void Engine::query() {
  const auto ask = [&](Feature feature, bool& answer) {
    int available = 0;
    const auto query = library_.functions.query_feature;
    if (query == nullptr) return;  // an old library: what engines had from the start
    answer = query(handle_, static_cast<std::int32_t>(feature), &available) == 0 && available != 0;
  };
  ask(Feature::scaling, features_.scaling);
  ask(Feature::source_yuv, features_.source_yuv);
  ask(Feature::target_yuv, features_.target_yuv);
}

// Capabilities stay as they are set, and the last one set counts.
bool Engine::set_colors(Capability wanted) {
  if (colors_ == wanted) return true;
  colors_.reset();
  for (const Capability other : kColors) {
    // Older libraries do not know them all: what cannot be on need not be switched off.
    if (other != wanted) {
      (void)library_.functions.disable(handle_, static_cast<std::int32_t>(other));
    }
  }
  if (library_.functions.enable(handle_, static_cast<std::int32_t>(wanted)) != 0) return false;
  colors_ = wanted;
  return true;
}

template <class Address, class Byte>
bool Engine::fill(Surface<Address>& surface, const Side& side, const RawPicture<Byte>& picture) {
  for (std::size_t i = 0; i < side.planes; ++i) {
    const auto start = addresses_.of(*picture.memory[i]);
    if (!start) return false;
    surface.planes[i] = static_cast<Address>(*start + picture.offsets_bytes[i]);
  }
  surface.format = side.format;
  surface.left = side.rect.x;
  surface.top = side.rect.y;
  surface.right = side.rect.x + side.rect.width;
  surface.bottom = side.rect.y + side.rect.height;
  surface.stride_px = side.stride_px;
  surface.width_px = side.width_px;
  surface.height_px = side.height_px;
  surface.global_alpha = 255;
  return true;
}

Result<void> Engine::run(const Blit& blit, const void* from, const void* to) {
  if (blit.colors && !set_colors(*blit.colors)) return failed("g2d_enable");
  if (library_.functions.blit(handle_, from, to) != 0) return failed("g2d_blit");
  if (library_.functions.finish(handle_) == 0) return {};
  // Whether it still writes is not known, so nothing more is queued there.
  close();
  VSL_LOG_WARN("the 2D engine failed; pictures of this thread are converted by the CPU from now on",
               kv("library", library_.file));
  return failed("g2d_finish");
}

template <class Address>
Result<void> Engine::convert_as(const Blit& blit, const Job& job) {
  Surface<Address> from, to;
  if (!fill(from, blit.from, job.from) || !fill(to, blit.to, job.to)) return for_the_cpu();
  from.blend = BlendFactor::one;
  to.blend = BlendFactor::zero;
  VSL_TRY(const CpuAccess suspended, CpuAccess::suspend(job));
  return run(blit, &from, &to);
}

Result<void> Engine::convert(const Job& job) {
  if (handle_ == nullptr || fork_guard_.in_child()) return for_the_cpu();
  const auto blit = blit_of(job, features_);
  if (!blit) return for_the_cpu();
  std::uint8_t& failures = failures_[static_cast<std::size_t>(blit->from.format)]
                                    [static_cast<std::size_t>(blit->to.format)];
  if (failures >= kFailuresToGiveUp) return for_the_cpu();
  auto done = library_.generation == Generation::addresses_64 ? convert_as<NewAddress>(*blit, job)
                                                              : convert_as<OldAddress>(*blit, job);
  if (done) failures = 0;
  if (!done && done.error().code == std::errc::io_error) ++failures;
  addresses_.tick();
  return done;
}

}  // namespace vsl::convert::g2d
