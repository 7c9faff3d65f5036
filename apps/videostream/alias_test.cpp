// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "alias.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vsl::command {
namespace {

using testing::ElementsAre;

TEST(AliasTest, LeavesTheArgumentsOfTheCommandItselfAlone) {
  for (const char* program : {"videostream", "/usr/bin/videostream", "videostream-2.7", ""}) {
    const CommandLine line = command_line(program, {"stream", "-v"});
    EXPECT_THAT(line.arguments, ElementsAre("stream", "-v")) << program;
    EXPECT_FALSE(line.exit_code);
  }
}

TEST(AliasTest, SpeaksForTheProgramItIsStartedAs) {
  EXPECT_THAT(command_line("vsl-v4l2-info", {}).arguments,
              ElementsAre("devices", "--all", "--verbose"));
  EXPECT_THAT(command_line("/opt/bin/vsl-v4l2-info", {"--json"}).arguments,
              ElementsAre("devices", "--all", "--verbose", "--json"));
}

}  // namespace
}  // namespace vsl::command
