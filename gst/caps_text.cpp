// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "caps_text.hpp"

#include <array>
#include <cstdint>

#include "ref.hpp"
#include "videostream/frame_info.hpp"

namespace vsl::gst {
namespace {

struct Field {
  const char* name;
  GType (*type)();
};

GType string_type() { return G_TYPE_STRING; }

constexpr auto kFields = std::to_array<Field>({
    {"pixel-aspect-ratio", gst_fraction_get_type},
    {"mastering-display-info", string_type},
    {"content-light-level", string_type},
    {"profile", string_type},
    {"level", string_type},
    {"tier", string_type},
    {"interlace-mode", string_type},
});

// Other modes of interlacing are told by every frame.
bool says_nothing(const char* name, const GValue* value) {
  if (std::string_view(name) == "interlace-mode") {
    const gchar* mode = g_value_get_string(value);
    return mode == nullptr || std::string_view(mode) != "mixed";
  }
  return std::string_view(name) == "pixel-aspect-ratio" &&
         gst_value_get_fraction_numerator(value) == gst_value_get_fraction_denominator(value);
}

constexpr std::string_view kMark = "vsl-caps";  // the last bytes of a blob that has caps

}  // namespace

std::string more_caps_of(GstCaps* caps) {
  const GstStructure* from = gst_caps_get_structure(caps, 0);
  const Ref<GstStructure> more(gst_structure_new_empty("c"));
  for (const Field& field : kFields) {
    const GValue* value = gst_structure_get_value(from, field.name);
    if (value == nullptr || !G_VALUE_HOLDS(value, field.type())) continue;
    if (!says_nothing(field.name, value)) gst_structure_set_value(more.get(), field.name, value);
  }
  if (gst_structure_n_fields(more.get()) == 0) return {};
  const Ref<gchar> text(gst_structure_to_string(more.get()));
  return text.get();
}

void add_more_caps(GstCaps* caps, const std::string& text) {
  if (text.empty()) return;
  const Ref<GstStructure> more(gst_structure_from_string(text.c_str(), nullptr));
  if (more == nullptr) return;
  for (const Field& field : kFields) {
    const GValue* value = gst_structure_get_value(more.get(), field.name);
    if (value == nullptr || !G_VALUE_HOLDS(value, field.type())) continue;
    if (field.type() == GST_TYPE_FRACTION && gst_value_get_fraction_numerator(value) <= 0) continue;
    if (says_nothing(field.name, value)) continue;
    gst_caps_set_value(caps, field.name, value);
  }
}

bool says_mixed(const std::string& more_caps) {
  return more_caps.find("interlace-mode=(string)mixed") != std::string::npos;
}

std::string join_blob(std::string_view user, std::string_view more_caps) {
  if (more_caps.empty()) return std::string(user.substr(0, kMaxBlobBytes));
  const std::size_t behind = more_caps.size() + 1 + kMark.size();
  if (behind > kMaxBlobBytes) return std::string(user.substr(0, kMaxBlobBytes));
  // Without its caps a stream would be another one; without its bytes a frame is still a picture.
  if (user.size() + behind > kMaxBlobBytes) user = {};
  std::string blob(user);
  blob += more_caps;
  blob += static_cast<char>(more_caps.size());
  blob += kMark;
  return blob;
}

SplitBlob split_blob(const std::string& blob) {
  if (blob.size() <= kMark.size() || !std::string_view(blob).ends_with(kMark)) return {blob, {}};
  const std::size_t at = blob.size() - kMark.size() - 1;
  const std::size_t size = static_cast<std::uint8_t>(blob[at]);
  if (size > at) return {blob, {}};
  return {blob.substr(0, at - size), blob.substr(at - size, size)};
}

}  // namespace vsl::gst
