// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "source_settings.hpp"

namespace vsl::gst {

Result<ClientOptions> client_options(const SourceSettings& settings, const std::string& name) {
  ClientOptions options{.name = name.substr(0, 43), .reconnect = false};
  if (!settings.host_user.empty()) {
    VSL_TRY(options.host_uids, parse_users(settings.host_user));
  }
  options.refuse_may_fault = settings.may_fault == MayFault::refuse;
  options.accept_may_fault = settings.may_fault == MayFault::accept;
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

GType may_fault_get_type() {
  static const GEnumValue kValues[] = {
      {static_cast<gint>(MayFault::automatic), "Accept those of hosts of our own user and of root",
       "auto"},
      {static_cast<gint>(MayFault::refuse), "Skip them", "refuse"},
      {static_cast<gint>(MayFault::accept), "Accept those of every host", "accept"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("VslMayFault", kValues);
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
