// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "vsl_src.hpp"

namespace vsl::gst {
namespace {

constexpr const char* kScheme = "vsl";

GstURIType type(GType) { return GST_URI_SRC; }

const gchar* const* protocols(GType) {
  static const gchar* const kProtocols[] = {kScheme, nullptr};
  return kProtocols;
}

gchar* uri(GstURIHandler* handler) {
  gchar* path = nullptr;
  g_object_get(handler, "path", &path, nullptr);
  if (path == nullptr) return nullptr;
  gchar* escaped = g_uri_escape_string(path, "/@", TRUE);
  gchar* made = g_strconcat(kScheme, "://", escaped, nullptr);
  g_free(escaped);
  g_free(path);
  return made;
}

gboolean set_uri(GstURIHandler* handler, const gchar* uri, GError** error) {
  if (GST_STATE(handler) > GST_STATE_READY) {
    g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
                "a vslsrc that runs stays with its host: set %s in state NULL or READY", uri);
    return FALSE;
  }
  gchar* location = gst_uri_has_protocol(uri, kScheme) ? gst_uri_get_location(uri) : nullptr;
  const bool good = location != nullptr && *location != '\0';
  if (good) {
    g_object_set(handler, "path", location, nullptr);
  } else {
    g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
                "%s names no host: want vsl:///run/cam or vsl://@cam", uri);
  }
  g_free(location);
  return good ? TRUE : FALSE;
}

}  // namespace

void init_uri_handler(gpointer iface, gpointer) {
  auto* handler = static_cast<GstURIHandlerInterface*>(iface);
  handler->get_type = type;
  handler->get_protocols = protocols;
  handler->get_uri = uri;
  handler->set_uri = set_uri;
}

}  // namespace vsl::gst
