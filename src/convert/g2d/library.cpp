// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/g2d/library.hpp"

#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

namespace vsl::convert::g2d {
namespace {

// libg2d.so.1 and .so.0 belong to systems that are older than any we can share frames on.
constexpr const char* kFiles[] = {"libg2d.so.2", "libg2d.so"};

// Came with header 2.3 and 2.5, after addresses had grown. That they are absent says nothing.
constexpr const char* kNewNames[] = {"g2d_blit_dmabuf", "g2d_get_warp_coordinates_from_dct_file"};

using Version = std::array<unsigned, 4>;
constexpr Version kFirstWithWideAddresses{6, 4, 11, 1049711};

// "\n\0$VERSION$6.4.11:1049711:<hash>$": two bytes that are for no one, then the version.
std::optional<Version> version_in(const char* text) {
  if (text == nullptr) return std::nullopt;
  if (text[0] == '\n' && text[1] == '\0') text += 2;
  Version version{};
  const int read =
      std::sscanf(text, "$VERSION$%u.%u.%u:%u", &version[0], &version[1], &version[2], &version[3]);
  return read == 4 ? std::optional(version) : std::nullopt;
}

std::optional<Generation> by_version(const Lookup& lookup) {
  const auto* const variable = static_cast<const char* const*>(lookup("_G2D_VERSION"));
  const auto version = version_in(variable != nullptr ? *variable : nullptr);
  if (!version) return std::nullopt;
  return *version >= kFirstWithWideAddresses ? Generation::addresses_64 : Generation::addresses_32;
}

// Where the old generation has the size of memory, the new one has the high half of its address.
std::optional<Generation> by_trial(const Lookup& lookup) {
  constexpr int kBytes = 1 << 20;
  constexpr std::size_t kSizeOfOld = offsetof(Memory<OldAddress>, size_bytes);
  constexpr std::uint32_t kAbove48Bits = 1U << 16;
  const auto allocate = reinterpret_cast<void* (*)(int, int)>(lookup("g2d_alloc"));
  const auto free = reinterpret_cast<int (*)(void*)>(lookup("g2d_free"));
  if (allocate == nullptr || free == nullptr) return std::nullopt;
  void* const memory = allocate(kBytes, 0);
  if (memory == nullptr) return std::nullopt;
  std::uint32_t word = 0;
  std::memcpy(&word, static_cast<const std::byte*>(memory) + kSizeOfOld, sizeof word);
  (void)free(memory);
  if (word >= std::uint32_t{kBytes}) return Generation::addresses_32;
  return word < kAbove48Bits ? std::optional(Generation::addresses_64) : std::nullopt;
}

std::optional<Generation> generation_of(const Lookup& lookup) {
  for (const char* name : kNewNames) {
    if (lookup(name) != nullptr) return Generation::addresses_64;
  }
  if (const auto known = by_version(lookup)) return known;
  return by_trial(lookup);
}

template <class Function>
bool find(const Lookup& lookup, const char* name, Function& function) {
  function = reinterpret_cast<Function>(lookup(name));
  return function != nullptr;
}

Result<void*> open_file() {
  std::string said;
  for (const char* file : kFiles) {
    if (void* handle = ::dlopen(file, RTLD_NOW | RTLD_LOCAL); handle != nullptr) return handle;
    const char* const why = ::dlerror();
    said += (said.empty() ? "" : "; ") + std::string(why != nullptr ? why : file);
  }
  return Error::of(std::errc::no_such_file_or_directory,
                   "load the 2D engine's library (" + said + ")");
}

}  // namespace

Result<Library> library_of(const std::string& file, const Lookup& lookup) {
  const auto refuse = [&](const std::string& why) {
    return Error::of(std::errc::not_supported, "use " + file + " (" + why + ")");
  };
  Library library{.file = file, .functions = {}};
  Functions& f = library.functions;
  const char* missing = nullptr;
  const auto need = [&](const char* name, auto& function) {
    if (!find(lookup, name, function) && missing == nullptr) missing = name;
  };
  need("g2d_open", f.open);
  need("g2d_close", f.close);
  need("g2d_blit", f.blit);
  need("g2d_finish", f.finish);
  need("g2d_enable", f.enable);
  need("g2d_disable", f.disable);
  need("g2d_buf_from_fd", f.memory_of_fd);
  need("g2d_free", f.free);
  if (missing != nullptr) return refuse(std::string("it has no ") + missing);
  (void)find(lookup, "g2d_query_feature", f.query_feature);
  const auto generation = generation_of(lookup);
  if (!generation) return refuse("nothing tells how wide its addresses are");
  library.generation = *generation;
  return library;
}

Result<const Library*> load_library() {
  static const Result<Library> library = []() -> Result<Library> {
    VSL_TRY(void* const handle, open_file());
    return library_of(kFiles[0], [handle](const char* name) { return ::dlsym(handle, name); });
  }();
  if (!library) return library.error();
  return &*library;
}

}  // namespace vsl::convert::g2d
