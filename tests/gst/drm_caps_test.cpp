// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"

// Caps of dma-bufs as GStreamer has them from 1.24 on: DMA_DRM, and the kernel's name.

namespace vsl::gst_test {
namespace {

std::string drm_caps(const std::string& name) {
  return "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=\"" + name +
         "\",width=64,height=32,framerate=25/1";
}

struct Named {
  const char* drm;
  Fourcc fourcc;
  gsize bytes;
};

TEST(DrmCapsTest, TheKernelsNamesAreUnderstood) {
  for (const Named& named :
       {Named{"NV12", fourcc("NV12"), 64 * 48}, Named{"YU12", fourcc("I420"), 64 * 48},
        Named{"YUYV", fourcc("YUY2"), 64 * 64}, Named{"XR24", fourcc("BGRX"), 64 * 128}}) {
    const std::string path = new_path();
    const Harness sink = sink_harness(path, drm_caps(named.drm).c_str());
    Client client = connect(path);
    ASSERT_EQ(gst_harness_push(sink.get(), gst_buffer_new_allocate(nullptr, named.bytes, nullptr)),
              GST_FLOW_OK)
        << named.drm;
    const Lease lease = next(client);
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease.info().layout.fourcc, named.fourcc) << named.drm;
    EXPECT_EQ(lease.info().layout.modifier, 0U);
  }
}

TEST(DrmCapsTest, WhatIsTiledIsRefused) {
  init();
  GstElement* element = gst_element_factory_make("vslsink", nullptr);
  gst_object_ref_sink(element);
  GstPad* pad = gst_element_get_static_pad(element, "sink");
  GstCaps* caps = gst_caps_from_string(drm_caps("NV12:0x0100000000000001").c_str());
  EXPECT_FALSE(gst_pad_query_accept_caps(pad, caps));
  gst_caps_unref(caps);
  gst_object_unref(pad);
  gst_object_unref(element);
}

TEST(DrmCapsTest, TheElementsLinkToThoseThatKnowNothingElse) {
  for (const char* pipeline :
       {"fakesrc ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12 ! vslsink",
        "vslsrc path=/none ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12 ! "
        "fakesink"}) {
    init();
    GError* error = nullptr;
    GstElement* element = gst_parse_launch(pipeline, &error);
    EXPECT_EQ(error, nullptr) << error->message;
    g_clear_error(&error);
    gst_clear_object(&element);
  }
}

}  // namespace
}  // namespace vsl::gst_test
