// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

struct UnrefObject {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
template <class T>
using ObjectRef = std::unique_ptr<T, UnrefObject>;

ObjectRef<GstElement> element(const char* name) {
  return ObjectRef<GstElement>(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make(name, nullptr))));
}

std::string path_of(GstElement* element) {
  gchar* path = nullptr;
  g_object_get(element, "path", &path, nullptr);
  const std::string copy = path != nullptr ? path : "";
  g_free(path);
  return copy;
}

std::string name_of(GstDevice* device) {
  gchar* name = gst_device_get_display_name(device);
  const std::string copy = name;
  g_free(name);
  return copy;
}

/// Of our provider alone: others look for hardware.
ObjectRef<GstDeviceProvider> provider() {
  init();
  return ObjectRef<GstDeviceProvider>(gst_device_provider_factory_get_by_name("vsldeviceprovider"));
}

/// The device of that name among those listed now; none: nullptr.
ObjectRef<GstDevice> find(GstDeviceProvider* provider, const std::string& name) {
  ObjectRef<GstDevice> found;
  GList* devices = gst_device_provider_get_devices(provider);
  for (GList* at = devices; at != nullptr; at = at->next) {
    if (name_of(GST_DEVICE(at->data)) == name) {
      found.reset(GST_DEVICE(gst_object_ref(at->data)));
    }
  }
  g_list_free_full(devices, gst_object_unref);
  return found;
}

TEST(DeviceTest, ARunningHostIsListedAndMakesASourceWithItsPath) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish();
  const auto listed = provider();
  const auto device = find(listed.get(), path);
  ASSERT_NE(device, nullptr);
  EXPECT_TRUE(gst_device_has_classes(device.get(), "Source/Video"));
  GstCaps* caps = gst_device_get_caps(device.get());
  gchar* text = gst_caps_to_string(caps);
  EXPECT_NE(std::string(text).find("format=(string)NV12, width=(int)64"), std::string::npos)
      << text;
  g_free(text);
  gst_caps_unref(caps);
  const ObjectRef<GstElement> made(
      GST_ELEMENT(gst_object_ref_sink(gst_device_create_element(device.get(), "made"))));
  EXPECT_EQ(path_of(made.get()), path);
}

TEST(DeviceTest, AnAbstractNameIsListedAsTheElementTakesIt) {
  const std::string name = "vsl-gst-test-device-" + std::to_string(::getpid());
  const Producer producer(name);
  const auto listed = provider();
  const auto device = find(listed.get(), "@" + name);
  ASSERT_NE(device, nullptr);
  const ObjectRef<GstElement> source = element("vslsrc");
  EXPECT_TRUE(gst_device_reconfigure_element(device.get(), source.get()));
  EXPECT_EQ(path_of(source.get()), "@" + name);
  const ObjectRef<GstElement> other = element("fakesrc");
  EXPECT_FALSE(gst_device_reconfigure_element(device.get(), other.get()));
}

TEST(DeviceTest, HostsThatComeAndGoAreToldWhileItIsStarted) {
  const std::string path = new_path();
  const auto listed = provider();
  GstBus* bus = gst_device_provider_get_bus(listed.get());
  ASSERT_TRUE(gst_device_provider_start(listed.get()));
  // Other tests have hosts too.
  const auto told = [&](GstMessageType kind) {
    return until([&] {
      GstMessage* message = gst_bus_pop_filtered(bus, kind);
      if (message == nullptr) return false;
      if (GST_MESSAGE_TYPE(message) != kind) {  // the filter knows these two as one
        gst_message_unref(message);
        return false;
      }
      GstDevice* device = nullptr;
      kind == GST_MESSAGE_DEVICE_ADDED ? gst_message_parse_device_added(message, &device)
                                       : gst_message_parse_device_removed(message, &device);
      const bool is_it = name_of(device) == path;
      gst_object_unref(device);
      gst_message_unref(message);
      return is_it;
    });
  };
  {
    const Producer producer(path);
    EXPECT_TRUE(told(GST_MESSAGE_DEVICE_ADDED));
    EXPECT_NE(find(listed.get(), path), nullptr);
  }
  EXPECT_TRUE(told(GST_MESSAGE_DEVICE_REMOVED));
  EXPECT_EQ(find(listed.get(), path), nullptr);
  gst_device_provider_stop(listed.get());
  gst_object_unref(bus);
}

}  // namespace
}  // namespace vsl
