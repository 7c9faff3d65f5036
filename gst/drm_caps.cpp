// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "drm_caps.hpp"

#include <gst/video/video.h>

#include <array>
#include <string_view>

namespace vsl::gst {
namespace {

/// The kernel names a pixel's components from the highest bit down, GStreamer from the first byte
/// on. No more than are handed on: formats.cpp.
struct Name {
  const char* format;
  std::string_view drm;
};
constexpr auto kNames = std::to_array<Name>({
    {"NV12", "NV12"},  {"NV21", "NV21"},  {"NV16", "NV16"},      {"NV61", "NV61"},
    {"NV24", "NV24"},  {"I420", "YU12"},  {"YV12", "YV12"},      {"Y42B", "YU16"},
    {"Y444", "YU24"},  {"YUY2", "YUYV"},  {"UYVY", "UYVY"},      {"YVYU", "YVYU"},
    {"VYUY", "VYUY"},  {"RGB", "BG24"},   {"BGR", "RG24"},       {"RGBA", "AB24"},
    {"RGBx", "XB24"},  {"BGRA", "AR24"},  {"BGRx", "XR24"},      {"ARGB", "BA24"},
    {"xRGB", "BX24"},  {"ABGR", "RA24"},  {"xBGR", "RX24"},      {"GRAY8", "R8  "},
    {"RGB16", "RG16"}, {"BGR16", "BG16"}, {"P010_10LE", "P010"},
});

constexpr const char* kDmaDrm = "DMA_DRM";

std::string_view string_in(const GstCaps* caps, const char* field) {
  const gchar* text = gst_structure_get_string(gst_caps_get_structure(caps, 0), field);
  return text != nullptr ? text : std::string_view();
}

/// Without a modifier behind it, as GStreamer writes what is linear.
const Name* linear_name(std::string_view text) {
  for (const Name& name : kNames) {
    if (text == name.drm) return &name;
  }
  return nullptr;
}

}  // namespace

std::string drm_fields() {
  std::string names;
  for (const Name& name : kNames) {
    names += (names.empty() ? " \"" : ", \"") + std::string(name.drm) + '"';
  }
  return std::string(", format=(string)") + kDmaDrm + ", drm-format=(string){" + names + " }";
}

bool has_drm_format(const GstCaps* caps) { return string_in(caps, "format") == kDmaDrm; }

Result<Ref<GstCaps>> without_drm_format(GstCaps* caps) {
  const Name* name = linear_name(string_in(caps, "drm-format"));
  if (name == nullptr) {
    const Ref<gchar> text(gst_caps_to_string(caps));
    return Error::of(std::errc::not_supported, std::string("carry ") + text.get());
  }
  Ref<GstCaps> plain(gst_caps_copy(caps));
  gst_caps_set_simple(plain.get(), "format", G_TYPE_STRING, name->format, nullptr);
  gst_structure_remove_field(gst_caps_get_structure(plain.get(), 0), "drm-format");
  return plain;
}

Ref<GstCaps> with_drm_format(const GstCaps* caps) {
  for (const Name& name : kNames) {
    if (string_in(caps, "format") != name.format) continue;
    Ref<GstCaps> made(gst_caps_copy(caps));
    gst_caps_set_simple(made.get(), "format", G_TYPE_STRING, kDmaDrm, "drm-format", G_TYPE_STRING,
                        std::string(name.drm).c_str(), nullptr);
    gst_caps_set_features_simple(made.get(), gst_caps_features_new("memory:DMABuf", nullptr));
    return made;
  }
  return {};
}

}  // namespace vsl::gst
