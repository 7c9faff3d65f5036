// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Pictures as hosts give them: any format, size, strides, crop and colour, scaled and converted to
// any other. Every plane ends, or begins, at a page that cannot be touched, and so does the memory
// between two steps; libyuv is not compiled with a sanitizer. What is not part of the target stays
// as it was.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <new>
#include <vector>

#include "convert/reference_testing.hpp"
#include "support/check.hpp"
#include "support/input.hpp"
#include "videostream/convert.hpp"

namespace {

using namespace vsl;
using namespace vsl::fuzz;

constexpr std::size_t kPage = 4096;
constexpr std::byte kUntouched{0xa5};

/// Bytes with a forbidden page right behind them, or right before.
class Guarded {
 public:
  Guarded(std::size_t bytes, bool behind)
      : mapped_bytes_((bytes + kPage - 1) / kPage * kPage + 2 * kPage) {
    mapped_ = static_cast<std::byte*>(
        ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    VSL_MUST(mapped_ != MAP_FAILED);
    VSL_MUST(::mprotect(mapped_, kPage, PROT_NONE) == 0);
    VSL_MUST(::mprotect(mapped_ + mapped_bytes_ - kPage, kPage, PROT_NONE) == 0);
    bytes_ = {behind ? mapped_ + mapped_bytes_ - kPage - bytes : mapped_ + kPage, bytes};
  }
  Guarded(Guarded&& other) noexcept
      : mapped_(std::exchange(other.mapped_, nullptr)),
        mapped_bytes_(other.mapped_bytes_),
        bytes_(other.bytes_) {}
  Guarded& operator=(Guarded&&) = delete;
  ~Guarded() {
    if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
  }
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::byte* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::span<std::byte> bytes_;
};

Fourcc take_format(Input& input) {
  constexpr std::size_t kCount = std::size(convert::reference::kDescriptions);
  return convert::reference::code_of(convert::reference::kDescriptions[input.below(kCount)].code);
}

/// A side that a crop, a scale or a chroma sample is likely to be odd for.
std::uint32_t take_side(Input& input) {
  const std::uint32_t side = input.byte() + 1;
  return input.flag() ? side : (side + 15) / 16 * 4;
}

Colorimetry take_color(Input& input) {
  constexpr std::array<std::uint8_t, 5> kMatrices = {0, 1, 6, 9, 200};
  Colorimetry color;
  color.matrix = kMatrices[input.below(kMatrices.size())];
  color.range = static_cast<std::uint8_t>(input.below(3));
  return color;
}

/// One side of a conversion. Rows may be longer than their pixels.
template <class Byte>
struct Side {
  BasicPicture<Byte> picture;
  std::vector<Guarded> memory;

  explicit Side(Input& input) {
    const Fourcc format = take_format(input);
    const std::uint32_t width = take_side(input), height = take_side(input);
    const auto layout = Layout::packed(format, width, height);
    if (!layout) return;
    picture.layout = *layout;
    const bool behind = input.flag();
    const std::uint32_t longer = input.flag() ? input.byte() : 0;
    for (std::size_t i = 0; i < layout->plane_count; ++i) {
      PlaneLayout& plane = picture.layout.planes[i];
      plane.stride_bytes = static_cast<std::uint32_t>(layout->plane_row_bytes(i) + longer);
      const std::size_t bytes = std::size_t{plane.stride_bytes} * (layout->plane_rows(i) - 1) +
                                layout->plane_row_bytes(i);
      memory.emplace_back(bytes, behind);
      picture.planes[i] = memory.back().bytes();
    }
    picture.color = take_color(input);
  }

  void fill(Input& input, bool with_input) {
    for (const Guarded& plane : memory) {
      std::byte value = kUntouched;
      if (with_input) value = static_cast<std::byte>(input.byte());
      for (std::byte& each : plane.bytes()) {
        each = value;
        if (with_input) value = static_cast<std::byte>(static_cast<unsigned>(value) * 5 + 3);
      }
    }
  }
  bool padding_stayed() const {
    for (std::size_t i = 0; i < memory.size(); ++i) {
      const auto bytes = memory[i].bytes();
      const std::size_t stride = picture.layout.planes[i].stride_bytes;
      const auto row_bytes = static_cast<std::size_t>(picture.layout.plane_row_bytes(i));
      for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (at % stride >= row_bytes && bytes[at] != kUntouched) return false;
      }
    }
    return true;
  }
};

/// Inside the picture more often than not.
Rect take_crop(Input& input, const Layout& layout) {
  const auto up_to = [&](std::uint32_t end) {
    return static_cast<int>(input.take<std::uint16_t>() % (end + 1));
  };
  switch (input.below(4)) {
    case 0:
      return {};
    case 1:
      return {input.take<std::int32_t>(), input.take<std::int32_t>(), input.take<std::int32_t>(),
              input.take<std::int32_t>()};
    default: {
      Rect crop{up_to(layout.width_px - 1), up_to(layout.height_px - 1), 0, 0};
      crop.width = 1 + up_to(layout.width_px - 1 - static_cast<std::uint32_t>(crop.x));
      crop.height = 1 + up_to(layout.height_px - 1 - static_cast<std::uint32_t>(crop.y));
      crop.width = std::min(crop.width, static_cast<int>(layout.width_px) - crop.x);
      crop.height = std::min(crop.height, static_cast<int>(layout.height_px) - crop.y);
      return crop;
    }
  }
}

}  // namespace

// What a converter keeps between its steps comes from here, and has its pages too: before it one
// with the size of it all, behind it, but for the alignment, one that cannot be touched.
void* operator new(std::size_t bytes, std::align_val_t align) {
  const std::size_t inner = (std::max<std::size_t>(bytes, 1) + kPage - 1) / kPage * kPage;
  const std::size_t all = inner + 2 * kPage;
  void* const mapped =
      ::mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  std::memcpy(mapped, &all, sizeof all);
  auto* const first = static_cast<std::byte*>(mapped) + kPage;
  VSL_MUST(::mprotect(mapped, kPage, PROT_READ) == 0);
  VSL_MUST(::mprotect(first + inner, kPage, PROT_NONE) == 0);
  return first +
         (inner - bytes) / static_cast<std::size_t>(align) * static_cast<std::size_t>(align);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  if (memory == nullptr) return;
  const auto offset = reinterpret_cast<std::uintptr_t>(memory) % kPage;
  void* const mapped = static_cast<std::byte*>(memory) - offset - kPage;
  std::size_t all = 0;
  std::memcpy(&all, mapped, sizeof all);
  ::munmap(mapped, all);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int kModules = ::setenv("VIDEOSTREAM_MODULE_PATH", VSL_FUZZ_MODULES, 1);
  VSL_MUST(kModules == 0);
  Input input(data, size);
  Side<const std::byte> from(input);
  Side<std::byte> to(input);
  if (from.memory.empty() || to.memory.empty()) return 0;
  from.fill(input, true);
  to.fill(input, false);
  from.picture.visible = take_crop(input, from.picture.layout);
  const Rect crop = take_crop(input, from.picture.layout);
  if (input.flag()) input.spoil(from.picture.layout);
  auto converter = Converter::create();
  VSL_MUST(good(converter));
  (void)good(converter->convert(from.picture, to.picture, crop));
  VSL_MUST(to.padding_stayed());
  return 0;
}
