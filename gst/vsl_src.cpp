// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "vsl_src.hpp"

#include "element_class.hpp"
#include "source.hpp"

namespace vsl::gst {
namespace {

struct VslSrc {
  GstPushSrc parent;
  Source* impl;
};
struct VslSrcClass {
  GstPushSrcClass parent;
};

G_DEFINE_TYPE_WITH_CODE(VslSrc, vsl_src, GST_TYPE_PUSH_SRC,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER, init_uri_handler))

enum Property : guint {
  kPath = 1,
  kTimeout,
  kPts,
  kDts,
  kReconnect,
  kConnectTimeout,
  kLatestOnly,
  kMaxQueue,
  kCopy,
  kStamps,
  kTimeSlice,
  kStats,
  kHostUser,
  kMayFault,
};

using Common = ElementClass<VslSrc>;

// --- properties ---------------------------------------------------------------------------------

void change(SourceSettings& settings, guint id, const GValue* value) {
  switch (id) {
    case kPath: {
      const gchar* path = g_value_get_string(value);
      settings.path = path != nullptr ? path : "";
      break;
    }
    case kTimeout:
      settings.timeout_s = g_value_get_float(value);
      settings.timeout_is_set = true;
      break;
    case kPts:
      settings.pts = g_value_get_boolean(value) != FALSE;
      break;
    case kDts:
      settings.dts = g_value_get_boolean(value) != FALSE;
      break;
    case kReconnect:
      settings.reconnect = g_value_get_boolean(value) != FALSE;
      break;
    case kConnectTimeout:
      settings.connect_timeout_ms = g_value_get_int64(value);
      break;
    case kLatestOnly:
      settings.latest_only = g_value_get_boolean(value) != FALSE;
      break;
    case kMaxQueue:
      settings.max_queue = g_value_get_uint(value);
      break;
    case kCopy:
      settings.copy = static_cast<CopyMode>(g_value_get_enum(value));
      break;
    case kStamps:
      settings.stamps = static_cast<StampMode>(g_value_get_enum(value));
      break;
    case kTimeSlice:
      settings.time_slice_us = g_value_get_uint(value);
      break;
    case kHostUser: {
      const gchar* user = g_value_get_string(value);
      settings.host_user = user != nullptr ? user : "";
      break;
    }
    case kMayFault:
      settings.may_fault = static_cast<MayFault>(g_value_get_enum(value));
      break;
    default:
      break;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  Source& source = Common::impl_of(object);
  if (source.is_started()) {
    g_warning("%s of vslsrc can be changed in states NULL and READY only",
              g_param_spec_get_name(spec));
    return;
  }
  source.edit([&](SourceSettings& settings) { change(settings, id, value); });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const Source& source = Common::impl_of(object);
  const SourceSettings settings = source.settings();
  switch (id) {
    case kPath:
      g_value_set_string(value, settings.path.empty() ? nullptr : settings.path.c_str());
      break;
    case kTimeout:
      g_value_set_float(value, settings.timeout_s);
      break;
    case kPts:
      g_value_set_boolean(value, settings.pts);
      break;
    case kDts:
      g_value_set_boolean(value, settings.dts);
      break;
    case kReconnect:
      g_value_set_boolean(value, settings.reconnect);
      break;
    case kConnectTimeout:
      g_value_set_int64(value, settings.connect_timeout_ms);
      break;
    case kLatestOnly:
      g_value_set_boolean(value, settings.latest_only);
      break;
    case kMaxQueue:
      g_value_set_uint(value, settings.max_queue);
      break;
    case kCopy:
      g_value_set_enum(value, static_cast<gint>(settings.copy));
      break;
    case kStamps:
      g_value_set_enum(value, static_cast<gint>(settings.stamps));
      break;
    case kTimeSlice:
      g_value_set_uint(value, settings.time_slice_us);
      break;
    case kHostUser:
      g_value_set_string(value, settings.host_user.empty() ? nullptr : settings.host_user.c_str());
      break;
    case kMayFault:
      g_value_set_enum(value, static_cast<gint>(settings.may_fault));
      break;
    case kStats:
      g_value_take_boxed(value, source.stats());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

constexpr auto kSet = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                               GST_PARAM_MUTABLE_READY);

void install_connection(GObjectClass* object) {
  const SourceSettings initial;
  g_object_class_install_property(
      object, kPath,
      g_param_spec_string("path", "Path",
                          "The path of the host: a socket file (/run/cam), or an abstract socket "
                          "(@cam). Must be set",
                          nullptr, kSet));
  g_object_class_install_property(
      object, kTimeout,
      g_param_spec_float("timeout", "Timeout",
                         "Silence of the host that ends the stream, in s; with reconnect, how often "
                         "downstream is told of it. 0 = never",
                         0, 86400, initial.timeout_s, kSet));
  g_object_class_install_property(
      object, kReconnect,
      g_param_spec_boolean("reconnect", "Reconnect",
                           "Wait for a host that is not there, and find it again when it went away",
                           initial.reconnect, kSet));
  g_object_class_install_property(
      object, kConnectTimeout,
      g_param_spec_int64("connect-timeout", "Connect timeout",
                         "Without reconnect: how long to wait for a host that is not there yet, in "
                         "ms; -1 = for ever",
                         -1, G_MAXINT64, initial.connect_timeout_ms, kSet));
  g_object_class_install_property(
      object, kHostUser,
      g_param_spec_string("host-user", "Host user",
                          "Who may be the host: users by name or number with commas between, or any. "
                          "Unset: our own user and root",
                          nullptr, kSet));
  g_object_class_install_property(
      object, kMayFault,
      g_param_spec_enum("may-fault", "May fault",
                        "What to do with frames in memory that their host could truncate while they "
                        "are read",
                        may_fault_get_type(), static_cast<gint>(initial.may_fault), kSet));
}

void install_frames(GObjectClass* object) {
  const SourceSettings initial;
  g_object_class_install_property(
      object, kLatestOnly,
      g_param_spec_boolean("latest-only", "Latest only",
                           "Take the newest frame there is, whatever was missed; else take them in "
                           "order",
                           initial.latest_only, kSet));
  g_object_class_install_property(
      object, kMaxQueue,
      g_param_spec_uint("max-queue", "Max queue",
                        "How many frames it may fall behind before it skips, without latest-only",
                        1, 256, initial.max_queue, kSet));
  g_object_class_install_property(
      object, kCopy,
      g_param_spec_enum("copy", "Copy", "Whether buffers share the host's memory",
                        copy_mode_get_type(), static_cast<gint>(initial.copy), kSet));
  g_object_class_install_property(
      object, kStamps,
      g_param_spec_enum("timestamps", "Timestamps", "What buffers are stamped with, unless pts is set",
                        stamp_mode_get_type(), static_cast<gint>(initial.stamps), kSet));
  g_object_class_install_property(
      object, kPts,
      g_param_spec_boolean("pts", "PTS", "Take the producer's PTS as it is", initial.pts, kSet));
  g_object_class_install_property(
      object, kDts,
      g_param_spec_boolean("dts", "DTS", "Take the producer's DTS as it is", initial.dts, kSet));
  g_object_class_install_property(
      object, kTimeSlice,
      g_param_spec_uint("time-slice", "Time slice",
                        "Slice the streaming thread asks of the scheduler, in us: with a shorter one "
                        "than others it gets the CPU at once when a frame comes (Linux 6.12 and "
                        "newer). 0 = leave it as it is",
                        0, 100000, initial.time_slice_us, kSet));
  g_object_class_install_property(
      object, kStats,
      g_param_spec_boxed("stats", "Statistics",
                         "delivered, skipped (lapped, gone, no-lease, refused say why), shared, copied, "
                         "taken-back, not-decodable (before a key frame), held, latency (capture to "
                         "here of the last frame, ns), fds-received, maps, wire-version",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

// --- virtual functions --------------------------------------------------------------------------

gboolean negotiate(GstBaseSrc* base) { return Common::impl_of(base).negotiate() ? TRUE : FALSE; }
gboolean decide_allocation(GstBaseSrc* base, GstQuery* query) {
  Common::impl_of(base).decide_allocation(query);
  return TRUE;
}
gboolean is_seekable(GstBaseSrc*) { return FALSE; }

GstCaps* get_caps(GstBaseSrc* base, GstCaps* filter) {
  GstCaps* caps = Common::impl_of(base).caps();
  if (filter == nullptr) return caps;
  GstCaps* both = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref(caps);
  return both;
}

gboolean query(GstBaseSrc* base, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) {
    return GST_BASE_SRC_CLASS(vsl_src_parent_class)->query(base, query);
  }
  // Whoever does not keep up skips: nothing here fills up, so there is no longest latency.
  gst_query_set_latency(query, TRUE, Common::impl_of(base).latency_ns(), GST_CLOCK_TIME_NONE);
  return TRUE;
}

GstFlowReturn create(GstPushSrc* push, GstBuffer** buffer) {
  *buffer = nullptr;
  return Common::impl_of(push).create(buffer);
}

void vsl_src_init(VslSrc* self) {
  self->impl = new Source(&self->parent);
  gst_base_src_set_live(GST_BASE_SRC(self), TRUE);
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp(GST_BASE_SRC(self), TRUE);
}

void vsl_src_class_init(VslSrcClass* klass) {
  init_source_debug();
  GObjectClass* object = G_OBJECT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  install_connection(object);
  install_frames(object);

  describe_element(
      GST_ELEMENT_CLASS(klass),
      {"VideoStream Source", "Source/Video",
       "Receives video from another process without copying it: from vslsink, videostream stream, "
       "vsl-camhost or a program of the VideoStream library",
       "src", GST_PAD_SRC});
  GstBaseSrcClass* base = GST_BASE_SRC_CLASS(klass);
  Common::install(base, vsl_src_parent_class);
  base->negotiate = negotiate;
  base->decide_allocation = decide_allocation;
  base->is_seekable = is_seekable;
  base->get_caps = get_caps;
  base->query = query;
  GST_PUSH_SRC_CLASS(klass)->create = create;
  gst_type_mark_as_plugin_api(copy_mode_get_type(), GstPluginAPIFlags{});
  gst_type_mark_as_plugin_api(stamp_mode_get_type(), GstPluginAPIFlags{});
  gst_type_mark_as_plugin_api(may_fault_get_type(), GstPluginAPIFlags{});
}

}  // namespace

GType source_type() { return vsl_src_get_type(); }

}  // namespace vsl::gst
