// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/ffmpeg/module/pixel_formats.hpp"

namespace vsl::codec::ffmpeg {
namespace {

constexpr PixelFormat kFormats[] = {
    {fourcc("I420"), AV_PIX_FMT_YUV420P},       {fourcc("YU12"), AV_PIX_FMT_YUV420P},
    {fourcc("YV12"), AV_PIX_FMT_YUV420P, true}, {fourcc("NV12"), AV_PIX_FMT_NV12},
    {fourcc("NV21"), AV_PIX_FMT_NV21},          {fourcc("Y42B"), AV_PIX_FMT_YUV422P},
    {fourcc("422P"), AV_PIX_FMT_YUV422P},       {fourcc("YU16"), AV_PIX_FMT_YUV422P},
    {fourcc("YV16"), AV_PIX_FMT_YUV422P, true}, {fourcc("NV16"), AV_PIX_FMT_NV16},
    {fourcc("YU24"), AV_PIX_FMT_YUV444P},       {fourcc("YV24"), AV_PIX_FMT_YUV444P, true},
    {fourcc("NV24"), AV_PIX_FMT_NV24},          {fourcc("NV42"), AV_PIX_FMT_NV42},
    {fourcc("GREY"), AV_PIX_FMT_GRAY8},         {fourcc("Y800"), AV_PIX_FMT_GRAY8},
    {fourcc("P010"), AV_PIX_FMT_P010LE},        {fourcc("YUYV"), AV_PIX_FMT_YUYV422},
    {fourcc("YUY2"), AV_PIX_FMT_YUYV422},       {fourcc("YVYU"), AV_PIX_FMT_YVYU422},
    {fourcc("UYVY"), AV_PIX_FMT_UYVY422},       {fourcc("RGBA"), AV_PIX_FMT_RGBA},
    {fourcc("RGBX"), AV_PIX_FMT_RGB0},          {fourcc("RGBx"), AV_PIX_FMT_RGB0},
    {fourcc("BGRA"), AV_PIX_FMT_BGRA},          {fourcc("BGRX"), AV_PIX_FMT_BGR0},
    {fourcc("BGRx"), AV_PIX_FMT_BGR0},          {fourcc("ARGB"), AV_PIX_FMT_ARGB},
    {fourcc("xRGB"), AV_PIX_FMT_0RGB},          {fourcc("ABGR"), AV_PIX_FMT_ABGR},
    {fourcc("xBGR"), AV_PIX_FMT_0BGR},          {fourcc("AR24"), AV_PIX_FMT_BGRA},
    {fourcc("XR24"), AV_PIX_FMT_BGR0},          {fourcc("AB24"), AV_PIX_FMT_RGBA},
    {fourcc("XB24"), AV_PIX_FMT_RGB0},          {fourcc("RA24"), AV_PIX_FMT_ABGR},
    {fourcc("RX24"), AV_PIX_FMT_0BGR},          {fourcc("BA24"), AV_PIX_FMT_ARGB},
    {fourcc("BX24"), AV_PIX_FMT_0RGB},          {fourcc("BGR4"), AV_PIX_FMT_BGRA},
    {fourcc("RGB4"), AV_PIX_FMT_ARGB},          {fourcc("RGB3"), AV_PIX_FMT_RGB24},
    {fourcc("BGR3"), AV_PIX_FMT_BGR24},         {fourcc("BG24"), AV_PIX_FMT_RGB24},
    {fourcc("RG24"), AV_PIX_FMT_BGR24},         {fourcc("RGBP"), AV_PIX_FMT_RGB565LE},
    {fourcc("RG16"), AV_PIX_FMT_RGB565LE},      {fourcc("BG16"), AV_PIX_FMT_BGR565LE},
};

}  // namespace

PixelFormat pixel_format_of(Fourcc fourcc) {
  for (const PixelFormat& entry : kFormats) {
    if (entry.fourcc == fourcc) return entry;
  }
  return {};
}

}  // namespace vsl::codec::ffmpeg
