// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "v4l2/device_nodes.hpp"

namespace vsl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "vsl-devices-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  void add(const std::string& name) const { std::ofstream(path / name).put('x'); }
  fs::path path;
};

TEST(DeviceNodesTest, AreInTheOrderOfTheirNumbers) {
  const Folder folder;
  for (const char* name : {"video10", "video2", "video0", "media0", "video", "video1x", "xvideo1",
                           "video-1", "video99999999999", "v4l-subdev0"}) {
    folder.add(name);
  }
  const Result<std::vector<std::string>> nodes = v4l2::video_nodes(folder.path);
  ASSERT_TRUE(nodes);
  EXPECT_THAT(*nodes,
              ElementsAre(folder.path / "video0", folder.path / "video2", folder.path / "video10"));
}

TEST(DeviceNodesTest, AreAnErrorWhereTheFolderCannotBeRead) {
  const auto nodes = v4l2::video_nodes("/nonexistent");
  ASSERT_FALSE(nodes);
  EXPECT_EQ(nodes.error().code, std::errc::no_such_file_or_directory);
  EXPECT_THAT(nodes.error().where, testing::HasSubstr("/nonexistent"));
}

TEST(DeviceTest, ThatIsMissingOrSomethingElseIsNamedInTheError) {
  const Folder folder;
  folder.add("video0");
  const auto code_of = [](const std::string& path) {
    const Result<Device> device = inspect_device(path);
    EXPECT_FALSE(device) << path;
    if (device) return std::error_code();
    EXPECT_THAT(device.error().where, testing::HasSubstr(path));
    return device.error().code;
  };
  EXPECT_EQ(code_of("/dev/no-such-video"), std::errc::no_such_file_or_directory);
  EXPECT_EQ(code_of(folder.path / "video0"), std::errc::not_supported) << "a file";
  EXPECT_EQ(code_of("/dev/null"), std::errc::not_supported) << "another device";
}

TEST(DeviceTest, SizesOfOneKindContainThemselvesAlone) {
  const FrameSize size{
      .min_width_px = 640, .max_width_px = 640, .min_height_px = 480, .max_height_px = 480};
  EXPECT_TRUE(size.contains(640, 480));
  EXPECT_FALSE(size.contains(480, 640));
  EXPECT_FALSE(size.contains(0, 0));
  EXPECT_FALSE(size.is_range());
}

TEST(DeviceTest, ListsWithoutAnErrorWhateverThisMachineHas) {
  const Result<std::vector<Device>> all = list_devices();
  ASSERT_TRUE(all);
  EXPECT_TRUE(list_devices(0)->empty()) << "no type was asked for";
}

TEST(DeviceTest, SaysWhatItLookedForWhenNoCameraHasIt) {
  const Result<std::string> camera = find_camera(fourcc("zZ9!"), 12345, 54321);
  ASSERT_FALSE(camera);
  EXPECT_EQ(camera.error().code, std::errc::no_such_device);
  EXPECT_EQ(camera.error().where, "find a camera with format zZ9! in 12345x54321");
}

}  // namespace
}  // namespace vsl
