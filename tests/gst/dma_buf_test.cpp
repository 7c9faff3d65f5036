// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>

#include <filesystem>
#include <fstream>

#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

struct Source {
  const char* memory;
  const char* device;
};

/// What machines with its devices have; tests/lab/test_gstreamer.py runs them in the lab.
class DmaBufTest : public ::testing::TestWithParam<Source> {};

/// Twenty frames of a pipeline that ends in a vslsink called sink: none is copied.
void expect_no_copies(const Pipeline& pipeline, const std::string& path, MemoryKind kind) {
  pipeline.set(GST_STATE_PLAYING);
  Client client = connect(path);
  for (int i = 0; i < 20; ++i) {
    const Lease lease = next(client);
    ASSERT_TRUE(lease) << pipeline.wait(GST_MESSAGE_ERROR).second;
    const Buffer* buffer = lease.buffer(0);
    ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(buffer->kind(), kind);
  }
  EXPECT_EQ(stat(pipeline.child("sink"), "copied"), 0U);
  EXPECT_GE(stat(pipeline.child("sink"), "zero-copy"), 20U);
}

TEST_P(DmaBufTest, UpstreamFillsTheBuffersThatReadersGet) {
  if (::access(GetParam().device, R_OK) != 0) GTEST_SKIP() << "no " << GetParam().device;
  const std::string path = new_path();
  const Pipeline pipeline(
      "videotestsrc is-live=true ! video/x-raw,format=NV12,width=320,height=240,framerate=30/1 ! "
      "vslsink name=sink memory=" +
      std::string(GetParam().memory) + " path=" + path);
  expect_no_copies(pipeline, path, MemoryKind::dma_buf);
}

INSTANTIATE_TEST_SUITE_P(Every, DmaBufTest,
                         ::testing::Values(Source{"udmabuf", "/dev/udmabuf"},
                                           Source{"dma-heap", "/dev/dma_heap/system"}),
                         [](const auto& about) {
                           std::string name = about.param.memory;
                           std::erase(name, '-');
                           return name;
                         });

/// The first camera of the kernel's virtual driver; empty without one.
std::string virtual_camera() {
  const std::filesystem::path folder = "/sys/class/video4linux";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    std::ifstream file(entry.path() / "name");
    std::string name;
    std::getline(file, name);
    if (name == "vivid-000-vid-cap") return "/dev/" + entry.path().filename().string();
  }
  return {};
}

class CameraTest : public ::testing::TestWithParam<const char*> {};

TEST_P(CameraTest, ACamerasOwnBuffersAreWhatReadersGet) {
  const std::string device = virtual_camera();
  if (device.empty()) GTEST_SKIP() << "no camera of the driver vivid";
  const std::string path = new_path();
  const Pipeline pipeline("v4l2src device=" + device + GetParam() +
                          " ! video/x-raw,format=NV12,width=1920,height=1080 ! "
                          "vslsink name=sink lifespan=200 path=" +
                          path);
  expect_no_copies(pipeline, path, MemoryKind::dma_buf);
}

INSTANTIATE_TEST_SUITE_P(Every, CameraTest, ::testing::Values("", " io-mode=dmabuf"),
                         [](const auto& about) {
                           return std::string(about.param).empty() ? "AsItIs" : "WithDmaBufs";
                         });

}  // namespace
}  // namespace vsl
