// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Layouts from anywhere: whatever is asked of them has an answer, and what passes the check lies
// inside its memory, to the last byte.
#include "media/format_table.hpp"
#include "media/layout_check.hpp"
#include "support/check.hpp"
#include "support/input.hpp"
#include "videostream/frame.hpp"

namespace {

using namespace vsl;

constexpr std::array<Fourcc, 10> kFormats = {
    fourcc("NV12"), fourcc("I420"), fourcc("YUYV"), fourcc("RGB3"), fourcc("BGR4"),
    fourcc("YV12"), fourcc("GREY"), fourcc("H264"), fourcc("P010"), fourcc("NV16")};

/// Right, nearly right, or any bytes.
Layout take_layout(fuzz::Input& input) {
  Layout layout;
  const Fourcc format = kFormats[input.below(kFormats.size())];
  const auto packed = Layout::packed(format, input.byte(), input.byte(), 1U << input.below(8));
  layout = packed ? *packed : Layout::opaque(format, 16, 16, input.take<std::uint16_t>());
  input.spoil(layout);
  input.spoil(layout);
  return layout;
}

void ask_everything(const Layout& layout) {
  for (std::size_t plane = 0; plane <= kMaxPlanes; ++plane) {
    (void)layout.plane_row_bytes(plane);
    const bool exists = plane < layout.plane_count && plane < kMaxPlanes;
    VSL_MUST(exists || (layout.plane_rows(plane) == 0 && layout.plane_bytes(plane) == 0));
  }
  (void)legacy_stride_bytes(layout.fourcc, layout.width_px);
  (void)layout.fourcc.to_string();
}

void check_good(const Layout& layout, std::span<const std::uint64_t> sizes) {
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const PlaneLayout& plane = layout.planes[i];
    VSL_MUST(plane.buffer < sizes.size() && plane.offset_bytes <= sizes[plane.buffer]);
    VSL_MUST(layout.plane_bytes(i) <= sizes[plane.buffer] - plane.offset_bytes);
    const std::uint64_t rows = layout.plane_rows(i), row_bytes = layout.plane_row_bytes(i);
    if (rows == 0 || row_bytes == 0) continue;
    VSL_MUST((rows - 1) * plane.stride_bytes + row_bytes <= layout.plane_bytes(i));
  }
}

void touch_planes(Frame& frame) {
  for (std::size_t i = 0; i <= kMaxPlanes; ++i) {
    const auto bytes = frame.plane(i);
    if (bytes.empty()) continue;
    const auto memory = *frame.buffer(frame.info().layout.planes[i].buffer)->map();
    VSL_MUST(bytes.data() >= memory.data() && &bytes.back() <= &memory.back());
    bytes.front() = bytes.back() = std::byte{1};
  }
}

const std::shared_ptr<Buffer>& buffer(std::uint32_t index) {
  static const auto make = [](std::size_t bytes) {
    return *Buffer::allocate(bytes, {.source = MemorySource::memfd});
  };
  static const std::array<std::shared_ptr<Buffer>, 4> kBuffers = {make(100), make(4096),
                                                                  make(65536), nullptr};
  return kBuffers[index % kBuffers.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  FrameInfo info;
  info.layout = take_layout(input);
  ask_everything(info.layout);

  std::array<std::uint64_t, 5> sizes{};
  const std::span<const std::uint64_t> given(sizes.data(), input.below(6));
  for (auto& bytes : sizes) bytes = std::uint64_t{input.take<std::uint16_t>()} << input.below(49);
  if (check_layout(info.layout, given)) check_good(info.layout, given);

  std::array<std::shared_ptr<Buffer>, 5> buffers;
  for (auto& each : buffers) each = buffer(input.byte());
  info.damage_count = input.byte();
  auto frame = Frame::wrap(info, {buffers.data(), input.below(6)});
  if (!frame) return 0;
  touch_planes(*frame);
  input.spoil(frame->info().layout);  // the caller may do this at any time
  touch_planes(*frame);
  return 0;
}
