// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <memory>

#include "convert/g2d/engine.hpp"

namespace vsl::convert {
namespace {

using g2d::Engine;

// Of this thread, until it ends: a converter may be handed to another one, a handle may not.
Engine* thread_engine(const g2d::Library& library, Error* why = nullptr) {
  thread_local Result<std::unique_ptr<Engine>> engine = Engine::open(library);
  if (engine) return engine->get();
  if (why != nullptr) *why = engine.error();
  return nullptr;
}

// No handle is opened for programs whose pictures lie elsewhere.
bool in_dma_bufs(const Job& job) {
  const auto is_dma_buf = [](const Buffer* buffer) {
    return buffer != nullptr && buffer->kind() == MemoryKind::dma_buf;
  };
  return is_dma_buf(job.from.memory[0]) && is_dma_buf(job.to.memory[0]);
}

class G2dBackend final : public Backend {
 public:
  explicit G2dBackend(const g2d::Library& library) : library_(library) {}
  const char* name() const noexcept override { return "g2d"; }
  Result<void> convert(const Job& job) override {
    Engine* const engine = in_dma_bufs(job) ? thread_engine(library_) : nullptr;
    if (engine != nullptr) return engine->convert(job);
    return Error::of(std::errc::not_supported, "use G2D");
  }

 private:
  const g2d::Library& library_;
};

}  // namespace

Result<std::unique_ptr<Backend>> make_g2d_backend() {
  VSL_TRY(const g2d::Library* const library, g2d::load_library());
  return std::unique_ptr<Backend>(std::make_unique<G2dBackend>(*library));
}

Result<std::string> describe_g2d() {
  VSL_TRY(const g2d::Library* const library, g2d::load_library());
  Error why;
  const Engine* const engine = thread_engine(*library, &why);
  if (engine == nullptr) return why;
  const bool wide = library->generation == g2d::Generation::addresses_64;
  const g2d::Features& can = engine->features();
  return library->file + (wide ? ", 64" : ", 32") + "-bit addresses" +
         (can.scaling ? ", scales" : "") + (can.source_yuv ? ", reads YUV" : "") +
         (can.target_yuv ? ", writes YUV" : "");
}

}  // namespace vsl::convert
