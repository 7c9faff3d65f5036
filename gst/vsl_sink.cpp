// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "vsl_sink.hpp"

#include "element_class.hpp"
#include "sink.hpp"

namespace vsl::gst {
namespace {

struct VslSink {
  GstVideoSink parent;
  Sink* impl;
};
struct VslSinkClass {
  GstVideoSinkClass parent;
};

G_DEFINE_TYPE(VslSink, vsl_sink, GST_TYPE_VIDEO_SINK)

enum Property : guint {
  kPath = 1,
  kLifespan,
  kPoolSize,
  kMemory,
  kAccess,
  kSocketMode,
  kAllowedUids,
  kAllowedGids,
  kMaxClients,
  kHoldLimit,
  kWaitForClient,
  kNumClients,
  kStats,
};
enum Signal { kClientAdded, kClientRemoved, kSignals };
guint signals[kSignals];
GParamSpec* num_clients_property;

using Common = ElementClass<VslSink>;

// --- properties ---------------------------------------------------------------------------------

std::string text_of(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text != nullptr ? text : "";
}

/// These say how to listen, so they are taken when the element starts.
void set_listening(SinkSettings& settings, guint id, const GValue* value) {
  switch (id) {
    case kPath:
      settings.path = text_of(value);
      break;
    case kPoolSize:
      settings.pool_size = g_value_get_uint(value);
      break;
    case kMemory:
      settings.memory = static_cast<MemorySource>(g_value_get_enum(value));
      break;
    case kAccess:
      settings.access = static_cast<Access>(g_value_get_enum(value));
      break;
    case kSocketMode:
      settings.socket_mode = g_value_get_uint(value);
      break;
    case kAllowedUids:
      settings.allowed_uids = text_of(value);
      break;
    case kAllowedGids:
      settings.allowed_gids = text_of(value);
      break;
    case kMaxClients:
      settings.max_clients = g_value_get_uint(value);
      break;
    case kHoldLimit:
      settings.hold_limit_ms = g_value_get_int64(value);
      break;
    default:
      break;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  Sink& sink = Common::impl_of(object);
  if (id == kLifespan) {
    sink.edit([&](SinkSettings& settings) { settings.lifespan_ms = g_value_get_int64(value); });
  } else if (id == kWaitForClient) {
    sink.edit(
        [&](SinkSettings& settings) { settings.wait_for_client = g_value_get_boolean(value); });
  } else if (sink.is_open()) {
    g_warning("%s of vslsink can be changed in state NULL only", g_param_spec_get_name(spec));
  } else {
    sink.edit([&](SinkSettings& settings) { set_listening(settings, id, value); });
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const Sink& sink = Common::impl_of(object);
  const SinkSettings settings = sink.settings();
  switch (id) {
    case kPath:
      g_value_set_string(value, settings.path.empty() ? nullptr : settings.path.c_str());
      break;
    case kLifespan:
      g_value_set_int64(value, settings.lifespan_ms);
      break;
    case kPoolSize:
      g_value_set_uint(value, settings.pool_size);
      break;
    case kMemory:
      g_value_set_enum(value, static_cast<gint>(settings.memory));
      break;
    case kAccess:
      g_value_set_enum(value, static_cast<gint>(settings.access));
      break;
    case kSocketMode:
      g_value_set_uint(value, settings.socket_mode);
      break;
    case kAllowedUids:
      g_value_set_string(value, settings.allowed_uids.c_str());
      break;
    case kAllowedGids:
      g_value_set_string(value, settings.allowed_gids.c_str());
      break;
    case kMaxClients:
      g_value_set_uint(value, settings.max_clients);
      break;
    case kHoldLimit:
      g_value_set_int64(value, settings.hold_limit_ms);
      break;
    case kWaitForClient:
      g_value_set_boolean(value, settings.wait_for_client);
      break;
    case kNumClients:
      g_value_set_uint(value, sink.client_count());
      break;
    case kStats:
      g_value_take_boxed(value, sink.stats());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

constexpr auto kSet =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
constexpr auto kSetAnyTime = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                      GST_PARAM_MUTABLE_PLAYING);
constexpr auto kRead = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

void install_listening(GObjectClass* object) {
  const SinkSettings initial;
  g_object_class_install_property(
      object, kPath,
      g_param_spec_string("path", "Path",
                          "Where clients connect: a socket file (/run/cam), or an abstract socket "
                          "(@cam). Unset: /tmp/<element name>.<thread id>, readable once started",
                          nullptr, kSet));
  g_object_class_install_property(
      object, kSocketMode,
      g_param_spec_uint("socket-mode", "Socket mode",
                        "Permissions of the socket file (0660 is 432); 0 = what the umask leaves",
                        0, 07777, initial.socket_mode, kSet));
  g_object_class_install_property(
      object, kAllowedUids,
      g_param_spec_string("allowed-uids", "Allowed users",
                          "Numbers of the users that may connect (1000,1001); empty = whoever can "
                          "open the socket",
                          "", kSet));
  g_object_class_install_property(
      object, kAllowedGids,
      g_param_spec_string("allowed-gids", "Allowed groups",
                          "Numbers of the groups that may connect; empty = any", "", kSet));
  g_object_class_install_property(
      object, kMaxClients,
      g_param_spec_uint("max-clients", "Max clients",
                        "More are turned away; another user has a quarter of them at most", 1, 1024,
                        initial.max_clients, kSet));
  g_object_class_install_property(
      object, kAccess,
      g_param_spec_enum("access", "Access",
                        "What clients may do with frames; clients of release 2.5 need read-write",
                        access_get_type(), static_cast<gint>(initial.access), kSet));
}

void install_frames(GObjectClass* object) {
  const SinkSettings initial;
  g_object_class_install_property(
      object, kLifespan,
      g_param_spec_int64("lifespan", "Lifespan",
                         "How long a frame is offered, in ms; 0 = until its buffer is needed", 0,
                         G_MAXINT64, initial.lifespan_ms, kSetAnyTime));
  g_object_class_install_property(
      object, kPoolSize,
      g_param_spec_uint("pool-size", "Pool size",
                        "Frames that may be with clients at a time. When they are, new ones are "
                        "dropped and counted",
                        1, 64, initial.pool_size, kSet));
  g_object_class_install_property(
      object, kMemory,
      g_param_spec_enum("memory", "Memory",
                        "Where the buffers offered upstream, and those of copies, come from",
                        memory_source_get_type(), static_cast<gint>(initial.memory), kSet));
  g_object_class_install_property(
      object, kHoldLimit,
      g_param_spec_int64("hold-limit", "Hold limit",
                         "When buffers run out, frames that a client holds longer than this after "
                         "they expired are taken from it, in ms",
                         0, G_MAXINT64, initial.hold_limit_ms, kSet));
  g_object_class_install_property(
      object, kWaitForClient,
      g_param_spec_boolean("wait-for-client", "Wait for client",
                           "Take no buffer, and do not preroll, before a client has joined",
                           initial.wait_for_client, kSetAnyTime));
  num_clients_property =
      g_param_spec_uint("num-clients", "Clients", "Clients connected now", 0, G_MAXUINT, 0, kRead);
  g_object_class_install_property(object, kNumClients, num_clients_property);
  g_object_class_install_property(
      object, kStats,
      g_param_spec_boxed("stats", "Statistics",
                         "posted, zero-copy, copied, copied-bytes, dropped (no buffer was free), "
                         "live, taken-back, refused, latency (capture to post of the last frame, "
                         "ns), clients (pid, command, delivered, skipped ...)",
                         GST_TYPE_STRUCTURE, kRead));
}

void install_signals(VslSinkClass* klass) {
  const auto install = [&](const char* name) {
    return g_signal_new(name, G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, nullptr, nullptr,
                        nullptr, G_TYPE_NONE, 1, GST_TYPE_STRUCTURE);
  };
  signals[kClientAdded] = install("client-added");
  signals[kClientRemoved] = install("client-removed");
}

// --- virtual functions --------------------------------------------------------------------------

gboolean set_caps(GstBaseSink* base, GstCaps* caps) {
  return Common::impl_of(base).set_caps(caps) ? TRUE : FALSE;
}
gboolean propose_allocation(GstBaseSink* base, GstQuery* query) {
  Common::impl_of(base).propose_allocation(query);
  return TRUE;
}
// A buffer is published once, when it is its turn, and not as a preview as well.
GstFlowReturn preroll(GstBaseSink* base, GstBuffer*) {
  return Common::impl_of(base).wait_for_client();
}
GstFlowReturn render(GstBaseSink* base, GstBuffer* buffer) {
  return Common::impl_of(base).render(buffer);
}

gboolean event(GstBaseSink* base, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) Common::impl_of(base).say_goodbye();
  if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event, &tags);
    Common::impl_of(base).set_tags(tags);
  }
  return GST_BASE_SINK_CLASS(vsl_sink_parent_class)->event(base, event);
}

void vsl_sink_init(VslSink* self) {
  self->impl = new Sink(&self->parent);
  // What is late for us is not for readers, and coded frames refer to those before them.
  gst_base_sink_set_max_lateness(GST_BASE_SINK(self), -1);
}

void vsl_sink_class_init(VslSinkClass* klass) {
  init_sink_debug();
  GObjectClass* object = G_OBJECT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  install_listening(object);
  install_frames(object);
  install_signals(klass);

  describe_element(
      GST_ELEMENT_CLASS(klass),
      {"VideoStream Sink", "Sink/Video",
       "Shares video with other processes without copying it: any number of vslsrc, videostream "
       "receive or programs of the VideoStream library, none of which can stall the pipeline",
       "sink", GST_PAD_SINK});
  GstBaseSinkClass* base = GST_BASE_SINK_CLASS(klass);
  Common::install(base, vsl_sink_parent_class);
  base->set_caps = set_caps;
  base->propose_allocation = propose_allocation;
  base->preroll = preroll;
  base->render = render;
  base->event = event;
  gst_type_mark_as_plugin_api(access_get_type(), GstPluginAPIFlags{});
  gst_type_mark_as_plugin_api(memory_source_get_type(), GstPluginAPIFlags{});
}

}  // namespace

GType sink_type() { return vsl_sink_get_type(); }

GstStructure* structure_of(const HostClient& client) {
  return gst_structure_new(
      "application/x-vsl-client", "pid", G_TYPE_INT, client.pid, "uid", G_TYPE_UINT, client.uid,
      "command", G_TYPE_STRING, client.command.c_str(), "name", G_TYPE_STRING, client.name.c_str(),
      "wire-version", G_TYPE_UINT, client.wire_version, "delivered", G_TYPE_UINT64,
      client.delivered, "skipped", G_TYPE_UINT64, client.skipped, nullptr);
}

void emit_client(GstVideoSink* element, bool added, const HostClient& client) {
  const Ref<GstStructure> structure(structure_of(client));
  g_signal_emit(element, signals[added ? kClientAdded : kClientRemoved], 0, structure.get());
  g_object_notify_by_pspec(G_OBJECT(element), num_clients_property);
}

}  // namespace vsl::gst
