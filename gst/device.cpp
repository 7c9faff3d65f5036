// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "formats.hpp"
#include "vsl_src.hpp"

namespace vsl::gst {
namespace {

struct VslDevice {
  GstDevice parent;
  gchar* path;
  gchar* user;  ///< of the host, where it is not ours: root sees those of all users
};
struct VslDeviceClass {
  GstDeviceClass parent;
};

G_DEFINE_TYPE(VslDevice, vsl_device, GST_TYPE_DEVICE)

const gchar* path_of(GstDevice* device) { return reinterpret_cast<VslDevice*>(device)->path; }

gboolean reconfigure_element(GstDevice* device, GstElement* element) {
  if (!G_TYPE_CHECK_INSTANCE_TYPE(element, source_type())) return FALSE;
  g_object_set(element, "path", path_of(device), "host-user",
               reinterpret_cast<VslDevice*>(device)->user, nullptr);
  return TRUE;
}

GstElement* create_element(GstDevice* device, const gchar* name) {
  GstElement* element = gst_element_factory_make("vslsrc", name);
  if (element != nullptr) reconfigure_element(device, element);
  return element;
}

void finalize(GObject* object) {
  g_free(reinterpret_cast<VslDevice*>(object)->path);
  g_free(reinterpret_cast<VslDevice*>(object)->user);
  G_OBJECT_CLASS(vsl_device_parent_class)->finalize(object);
}

void vsl_device_init(VslDevice*) {}
void vsl_device_class_init(VslDeviceClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GST_DEVICE_CLASS(klass)->create_element = create_element;
  GST_DEVICE_CLASS(klass)->reconfigure_element = reconfigure_element;
}

/// Of what the host shows now; all that could be, while it has shown nothing.
Ref<GstCaps> caps_of(const std::string& path) {
  auto inspector = Inspector::open(path);
  if (inspector) {
    const auto host = inspector->snapshot();
    if (host && host->fourcc != 0) {
      FrameInfo frame;
      frame.layout.fourcc = Fourcc{host->fourcc};
      frame.layout.width_px = host->width_px;
      frame.layout.height_px = host->height_px;
      if (auto caps = caps_for(frame, {})) return std::move(*caps);
    }
  }
  return Ref<GstCaps>(template_caps());
}

/// The user of a process as text, if it is another's than ours. Who lists the hosts of others and
/// picks one of them means that one.
gchar* user_of(std::int32_t pid) {
  struct stat status {};
  if (::stat(("/proc/" + std::to_string(pid)).c_str(), &status) != 0) return nullptr;
  return status.st_uid != ::geteuid() ? g_strdup(std::to_string(status.st_uid).c_str()) : nullptr;
}

}  // namespace

GstDevice* new_device(const RunningHost& host) {
  // Applications write names of abstract sockets with a mark, as the property path takes them.
  const std::string path = host.path.starts_with('/') ? host.path : "@" + host.path;
  const Ref<GstCaps> caps = caps_of(host.path);
  const Ref<GstStructure> properties(gst_structure_new(
      "vsl-host", "device.api", G_TYPE_STRING, "videostream", "vsl.path", G_TYPE_STRING,
      path.c_str(), "vsl.pid", G_TYPE_INT, host.pid, nullptr));
  auto* device = GST_DEVICE(g_object_new(vsl_device_get_type(), "display-name", path.c_str(),
                                         "caps", caps.get(), "device-class", "Source/Video",
                                         "properties", properties.get(), nullptr));
  auto* const made = reinterpret_cast<VslDevice*>(device);
  made->path = g_strdup(path.c_str());
  made->user = user_of(host.pid);
  return device;
}

}  // namespace vsl::gst
