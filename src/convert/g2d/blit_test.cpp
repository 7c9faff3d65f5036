// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/g2d/blit.hpp"

#include <gtest/gtest.h>

#include "convert/g2d/reach.hpp"

namespace vsl::convert::g2d {
namespace {

constexpr Features kAll{.scaling = true, .source_yuv = true, .target_yuv = true};

// Never looked into: that there is one is all that counts.
const Buffer* some_memory() {
  static const auto buffer = *Buffer::allocate(4096, {.source = MemorySource::memfd});
  return buffer.get();
}

template <class Byte>
RawPicture<Byte> picture(const char* code, int width, int height) {
  static std::uint8_t bytes[1];
  const char letters[5] = {code[0], code[1], code[2], code[3], '\0'};
  const Layout layout = *Layout::packed(fourcc(letters), static_cast<std::uint32_t>(width),
                                        static_cast<std::uint32_t>(height), 192);
  RawPicture<Byte> picture;
  picture.components = find_components(layout.fourcc);
  picture.width_px = width;
  picture.height_px = height;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    picture.planes[i] = bytes;
    picture.memory[i] = some_memory();
    picture.strides_bytes[i] = static_cast<int>(layout.planes[i].stride_bytes);
  }
  return picture;
}

Job job(const char* from, const char* to) {
  return {picture<const std::uint8_t>(from, 384, 288),
          {0, 0, 384, 288},
          picture<std::uint8_t>(to, 384, 288)};
}

TEST(BlitTest, SaysWhereAndHow) {
  Job wanted = job("NV12", "BGRA");
  wanted.crop = {32, 16, 128, 64};
  wanted.from.space.matrix = Matrix::bt709;
  const auto blit = blit_of(wanted, kAll);
  ASSERT_TRUE(blit);
  EXPECT_EQ(blit->from.format, Format::nv12);
  EXPECT_EQ(blit->from.planes, 2u);
  EXPECT_EQ(blit->from.rect, wanted.crop);
  EXPECT_EQ(blit->to.format, Format::bgra8888);
  EXPECT_EQ(blit->to.stride_px, 384);
  EXPECT_EQ(blit->to.rect, (Rect{0, 0, 384, 288}));
  EXPECT_EQ(blit->colors, Capability::bt709_limited);
  EXPECT_FALSE(blit_of(job("RGB3", "BGRA"), kAll)->colors);
}

TEST(BlitTest, MemoryThatIsNotKnownIsForTheCpu) {
  Job wanted = job("NV12", "BGRA");
  ASSERT_TRUE(blit_of(wanted, kAll));
  wanted.from.memory[1] = nullptr;
  EXPECT_FALSE(blit_of(wanted, kAll));
  wanted = job("NV12", "BGRA");
  wanted.to.memory[0] = nullptr;
  EXPECT_FALSE(blit_of(wanted, kAll));
}

TEST(BlitTest, FormatsNoEngineIsKnownToDoRightAreForTheCpu) {
  for (const char* code : {"RGBP", "GREY", "P010", "RGGB", "NV24", "YU24", "YU16"}) {
    EXPECT_FALSE(blit_of(job(code, "BGRA"), kAll)) << code;
    EXPECT_FALSE(blit_of(job("BGRA", code), kAll)) << code;
  }
  for (const char* code : {"I420", "YV12", "NV21", "NV16", "NV61", "YVYU", "VYUY"}) {
    EXPECT_TRUE(blit_of(job(code, "BGRA"), kAll)) << code;
    EXPECT_FALSE(blit_of(job("BGRA", code), kAll)) << code;
  }
}

TEST(BlitTest, PaddingIsNotTakenForOpacity) {
  EXPECT_FALSE(blit_of(job("BGRX", "RGBA"), kAll));
  EXPECT_TRUE(blit_of(job("BGRA", "RGBX"), kAll));
  EXPECT_TRUE(blit_of(job("BGRX", "xRGB"), kAll));
  EXPECT_TRUE(blit_of(job("BGR3", "RGBA"), kAll));
}

TEST(BlitTest, ColoursTheEngineMayNotRespectAreForTheCpu) {
  Job wanted = job("NV12", "BGRA");
  wanted.from.space = {Matrix::bt2020, false};
  EXPECT_FALSE(blit_of(wanted, kAll));
  wanted.from.space = {Matrix::bt601, true};
  EXPECT_FALSE(blit_of(wanted, kAll));
  wanted = job("NV12", "YUYV");
  ASSERT_TRUE(blit_of(wanted, kAll));
  wanted.to.space = {Matrix::bt709, false};
  EXPECT_FALSE(blit_of(wanted, kAll));
}

TEST(BlitTest, PicturesThatLieAwkwardlyAreForTheCpu) {
  Job wanted = job("NV12", "BGRA");
  wanted.from.strides_bytes[1] += 64;  // chroma has the stride of luma
  EXPECT_FALSE(blit_of(wanted, kAll));
  wanted = job("I420", "BGRA");
  wanted.from.strides_bytes[2] += 64;
  EXPECT_FALSE(blit_of(wanted, kAll));
  wanted = job("NV12", "BGRA");
  wanted.from.offsets_bytes[1] = 32;
  EXPECT_FALSE(blit_of(wanted, kAll));
  wanted = job("RGB3", "BGRA");
  wanted.from.strides_bytes[0] = 19 * 64;  // no whole number of pixels
  EXPECT_FALSE(blit_of(wanted, kAll));
  wanted = job("NV12", "BGRA");
  wanted.to.strides_bytes[0] += 32;
  EXPECT_FALSE(blit_of(wanted, kAll));
}

TEST(BlitTest, OddEdgesOfSharedChromaAreForTheCpu) {
  for (const Rect& crop :
       {Rect{1, 0, 64, 64}, Rect{0, 1, 64, 64}, Rect{0, 0, 63, 64}, Rect{0, 0, 64, 63}}) {
    Job wanted = job("NV12", "BGRA");
    wanted.crop = crop;
    EXPECT_FALSE(blit_of(wanted, kAll));
    wanted = job("BGRA", "RGBA");
    wanted.crop = crop;
    EXPECT_TRUE(blit_of(wanted, kAll));
  }
  Job wanted = job("BGRA", "NV12");
  wanted.to.height_px = 287;
  EXPECT_FALSE(blit_of(wanted, kAll));
}

TEST(BlitTest, SidesBeyondWhatAllEnginesDoAreForTheCpu) {
  Job wanted = job("BGRA", "RGBA");
  wanted.to = picture<std::uint8_t>("RGBA", 8192, 16);
  EXPECT_TRUE(blit_of(wanted, kAll));
  wanted.to = picture<std::uint8_t>("RGBA", 8193, 16);
  EXPECT_FALSE(blit_of(wanted, kAll));
}

TEST(ReachTest, ReadsWhoExportedADmaBuf) {
  EXPECT_EQ(exporter_in("pos:\t0\nino:\t7\nsize:\t4096\nexp_name:\treserved\nname:\tx\n"),
            "reserved");
  EXPECT_EQ(exporter_in("pos:\t0\nexp_name:\tlinux,cma"), "linux,cma");
  EXPECT_EQ(exporter_in("pos:\t0\nexp_name:\tsystem\nname:\ta\nexp_name:\treserved\n"), "system")
      << "a name that was given to the buffer is not its exporter";
  EXPECT_EQ(exporter_in("pos:\t0\nflags:\t02\n"), "");
  EXPECT_EQ(exporter_in(""), "");
}

TEST(ReachTest, MemoryThatIsNoDmaBufIsNotForTheEngine) {
  EXPECT_FALSE(reach_of(*some_memory()).possible);
}

}  // namespace
}  // namespace vsl::convert::g2d
