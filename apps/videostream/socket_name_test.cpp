// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "socket_name.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace vsl::command {
namespace {

TEST(SocketNameTest, IsTheSameWithAndWithoutAnAtSign) {
  EXPECT_EQ(socket_name("cam").value(), "cam");
  EXPECT_EQ(socket_name("@cam").value(), "cam");
  EXPECT_EQ(socket_name("@@cam").value(), "@cam") << "only the first one is the sign";
}

TEST(SocketNameTest, IsAFileFromTheFirstSlashOn) {
  EXPECT_EQ(socket_name("/run/cam").value(), "/run/cam");
  EXPECT_EQ(socket_name("/run/../cam").value(), "/run/../cam");
}

TEST(SocketNameTest, RefusesARelativePathAndSaysBothThingsItMayMean) {
  const std::string here = std::filesystem::current_path().string();
  for (const std::string typed : {"./cam", "../cam", "run/cam"}) {
    const auto refused = socket_name(typed);
    ASSERT_FALSE(refused) << typed;
    EXPECT_NE(refused.error().where.find("@" + typed), std::string::npos) << refused.error().where;
  }
  EXPECT_NE(socket_name("./cam").error().where.find(here + "/cam"), std::string::npos);
  EXPECT_EQ(socket_name("@./cam").value(), "./cam") << "what releases up to 2.6 took it for";
}

TEST(SocketNameTest, RefusesNoNameAtAll) {
  EXPECT_FALSE(socket_name(""));
  EXPECT_FALSE(socket_name("@"));
}

TEST(SocketNameTest, IsShownSoThatItCanBeTypedAgain) {
  for (const std::string typed : {"@cam", "/run/cam", "@./cam", "@@cam"}) {
    EXPECT_EQ(shown_socket(socket_name(typed).value()), typed);
  }
}

}  // namespace
}  // namespace vsl::command
