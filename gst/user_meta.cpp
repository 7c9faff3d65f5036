// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "user_meta.hpp"

namespace vsl::gst {
namespace {

constexpr const char* kName = "VideoStreamUserMeta";

}  // namespace

void register_user_meta() {
  static const gchar* no_tags[] = {nullptr};
  if (gst_meta_get_info(kName) != nullptr) return;
  gst_meta_register_custom(kName, no_tags, nullptr, nullptr, nullptr);
}

void add_user_meta(GstBuffer* buffer, const std::string& bytes) {
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, kName);
  if (meta == nullptr) return;
  GBytes* data = g_bytes_new(bytes.data(), bytes.size());
  gst_structure_set(gst_custom_meta_get_structure(meta), "data", G_TYPE_BYTES, data, nullptr);
  g_bytes_unref(data);
}

std::string user_meta_of(GstBuffer* buffer) {
  // Asking by name looks the name up each time.
  static const GstMetaInfo* const kInfo = gst_meta_get_info(kName);
  auto* meta = reinterpret_cast<GstCustomMeta*>(gst_buffer_get_meta(buffer, kInfo->api));
  if (meta == nullptr) return {};
  const GValue* value = gst_structure_get_value(gst_custom_meta_get_structure(meta), "data");
  if (value == nullptr || !G_VALUE_HOLDS(value, G_TYPE_BYTES)) return {};
  gsize size = 0;
  const auto* bytes = static_cast<const char*>(
      g_bytes_get_data(static_cast<GBytes*>(g_value_get_boxed(value)), &size));
  return bytes != nullptr ? std::string(bytes, size) : std::string();
}

}  // namespace vsl::gst
