// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <map>

#include "device.hpp"
#include "device_watch.hpp"

namespace vsl::gst {
namespace {

/// By the host's life: what was told of.
using Devices = std::map<std::uint64_t, GstDevice*>;

struct VslDeviceProvider {
  GstDeviceProvider parent;
  DeviceWatch* watch;
  Devices* devices;  ///< of the watch's thread, and of start and stop while there is none
};
struct VslDeviceProviderClass {
  GstDeviceProviderClass parent;
};

G_DEFINE_TYPE(VslDeviceProvider, vsl_device_provider, GST_TYPE_DEVICE_PROVIDER)

VslDeviceProvider* self_of(gpointer provider) { return static_cast<VslDeviceProvider*>(provider); }

GList* probe(GstDeviceProvider*) {
  GList* list = nullptr;
  const auto hosts = list_hosts();
  if (!hosts) return nullptr;
  for (const RunningHost& host : *hosts) {
    list = g_list_prepend(list, gst_object_ref_sink(new_device(host)));
  }
  return list;
}

void tell(VslDeviceProvider* self, DeviceWatch::Change change, const RunningHost& host) {
  Devices& devices = *self->devices;
  if (change == DeviceWatch::Change::appeared) {
    GstDevice* device = new_device(host);
    devices[host.epoch] = device;
    gst_device_provider_device_add(&self->parent, device);  // which takes the reference
  } else if (const auto known = devices.extract(host.epoch)) {
    gst_device_provider_device_remove(&self->parent, known.mapped());
  }
}

gboolean start(GstDeviceProvider* provider) {
  auto* self = self_of(provider);
  const auto told = [self](DeviceWatch::Change change, const RunningHost& host) {
    tell(self, change, host);
  };
  const auto started = self->watch->start(told);
  if (!started) GST_WARNING_OBJECT(provider, "%s", started.error().message().c_str());
  return started ? TRUE : FALSE;
}

void stop(GstDeviceProvider* provider) {
  self_of(provider)->watch->stop();
  self_of(provider)->devices->clear();  // the base class forgets them too
}

void finalize(GObject* object) {
  delete self_of(object)->watch;
  delete self_of(object)->devices;
  G_OBJECT_CLASS(vsl_device_provider_parent_class)->finalize(object);
}

void vsl_device_provider_init(VslDeviceProvider* self) {
  self->watch = new DeviceWatch;
  self->devices = new Devices;
}

void vsl_device_provider_class_init(VslDeviceProviderClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  auto* provider = GST_DEVICE_PROVIDER_CLASS(klass);
  provider->probe = probe;
  provider->start = start;
  provider->stop = stop;
  gst_device_provider_class_set_static_metadata(
      provider, "VideoStream Hosts", "Source/Video",
      "Lists the running hosts of VideoStream (vslsink, videostream stream, programs of the "
      "library) whose processes this user may look into",
      "The VideoStream authors");
}

}  // namespace

GType device_provider_type() { return vsl_device_provider_get_type(); }

}  // namespace vsl::gst
