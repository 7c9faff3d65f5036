// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "source_settings.hpp"

namespace vsl::gst {

ClientOptions client_options(const SourceSettings& settings, const std::string& name) {
  ClientOptions options{.name = name.substr(0, 43), .reconnect = false};
  if (!settings.latest_only) options.policy = Policy::in_order(settings.max_queue);
  return options;
}

GType copy_mode_get_type() {
  static const GEnumValue kValues[] = {
      {static_cast<gint>(CopyMode::automatic),
       "Share the host's memory; copy while downstream holds many frames, or holds them long",
       "auto"},
      {static_cast<gint>(CopyMode::always), "Copy, and give frames back to the host at once",
       "always"},
      {static_cast<gint>(CopyMode::never), "Share, and skip frames while downstream holds too many",
       "never"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("VslCopyMode", kValues);
  return type;
}

GType stamp_mode_get_type() {
  static const GEnumValue kValues[] = {
      {static_cast<gint>(StampMode::capture),
       "When the picture was captured, in this pipeline's running time", "capture"},
      {static_cast<gint>(StampMode::arrival), "When the frame arrived here", "arrival"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("VslStampMode", kValues);
  return type;
}

}  // namespace vsl::gst
