// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camhost.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vsl::command {
namespace {

using testing::ElementsAre;

TEST(CamhostTest, HasTheDefaultsOfRelease25) {
  const CommandLine line = camhost({});
  EXPECT_FALSE(line.exit_code);
  EXPECT_EQ(line.failure_code, 1);
  EXPECT_THAT(line.arguments,
              ElementsAre("stream", "/tmp/camhost.0", "--device", "/dev/video0", "--lifespan", "90",
                          "--buffers", "6", "--access", "read_write", "--format", "driver"));
}

TEST(CamhostTest, PutsEachOptionIntoOurWords) {
  const CommandLine line =
      camhost({"-d", "/dev/video2", "-MH", "-r", "640x480", "--path=/tmp/a", "-l", "50.5",
               "--bufcount", "4", "-f", "NV12", "-L", "log.csv", "-V"});
  EXPECT_THAT(
      line.arguments,
      ElementsAre("stream", "/tmp/a", "--device", "/dev/video2", "--lifespan", "50.5", "--buffers",
                  "4", "--access", "read_write", "--format", "NV12", "--resolution", "640x480",
                  "--frame-log", "log.csv", "--mirror", "--mirror-v", "--verbose"));
}

TEST(CamhostTest, IgnoresAFormatThatIsNotFourCharacters) {
  testing::internal::CaptureStderr();
  const CommandLine line = camhost({"-f", "NV"});
  EXPECT_NE(testing::internal::GetCapturedStderr().find("'NV' is not four"), std::string::npos);
  EXPECT_EQ(line.arguments.back(), "driver");
}

TEST(CamhostTest, FailsWithOneOnWrongOptionsAndEndsWithZeroOnHelp) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(camhost({"--nonsense"}).exit_code, 1);
  testing::internal::GetCapturedStderr();
  testing::internal::CaptureStdout();
  EXPECT_EQ(camhost({"--help"}).exit_code, 0);
  EXPECT_EQ(camhost({"-v"}).exit_code, 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("vsl-camhost"), std::string::npos);
}

}  // namespace
}  // namespace vsl::command
