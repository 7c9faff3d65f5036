// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "top_format.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "display_text.hpp"

namespace vsl::command {
namespace {

TopView view_with_client(const std::string& name) {
  TopView view;
  view.path = "/run/cam";
  view.host.pid = 7;
  view.host.posted = 100;
  view.now_ns = 2'000'000'000;
  ClientSnapshot client;
  client.pid = 42;
  client.command = "viewer";
  client.name = name;
  client.held = 2;
  client.serials = {98, 99};
  client.oldest_hold_ns = 1'500'000;
  view.host.clients.push_back(client);
  return view;
}

TEST(TopFormatTest, DurationsAreShownInTheUnitThatFits) {
  EXPECT_EQ(duration_text(431), "431 ns");
  EXPECT_EQ(duration_text(12'500), "12.5 us");
  EXPECT_EQ(duration_text(3'200'000), "3.2 ms");
  EXPECT_EQ(duration_text(1'500'000'000), "1.5 s");
}

TEST(TopFormatTest, TextShowsWhoHoldsWhichFramesAndForHowLong) {
  const std::string text = top_text(view_with_client("preview"), {});
  EXPECT_NE(text.find("viewer:preview"), std::string::npos) << text;
  EXPECT_NE(text.find("98,99"), std::string::npos) << text;
  EXPECT_NE(text.find("1.5 ms"), std::string::npos) << text;
}

TEST(TopFormatTest, AClientsNameCannotSteerTheTerminal) {
  const std::string text = top_text(view_with_client("\033[2J\n"), {});
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(TopFormatTest, NorCanControlsOf8BitsNorMarksOfDirection) {
  EXPECT_EQ(printable("a\u009b2Jb"), "a?2Jb");
  EXPECT_EQ(printable("\x9b"
                      "2J\x85"),
            "?2J?")
      << "as a terminal without UTF-8 reads them";
  EXPECT_EQ(printable("gpj.\u202ecam\u2066 \u200f\u061c\u2028"), "gpj.?cam? ???");
  EXPECT_EQ(printable("\xc0\x9b \xe0\x82\x9b \xf4\x90\x80\x80 \xe2\x80"), "?? ??? ???? ??");
}

TEST(TopFormatTest, NamesInAnyLanguageStayWhatTheyAre) {
  const std::string name = "Küche, кухня, 厨房, \U0001f4f7";
  EXPECT_EQ(printable(name), name);
}

TEST(TopFormatTest, TimesThatCannotBeAreShownAllTheSame) {
  TopView view = view_with_client("preview");
  view.host.newest = 1;
  view.host.started_ns = view.host.newest_published_ns = INT64_MIN;
  EXPECT_NE(top_text(view, {}).find("up 9223372036.9 s"), std::string::npos) << top_text(view, {});
  EXPECT_GE(fps_between({}, INT64_MIN, view.host, view.now_ns), 0);
}

TEST(TopFormatTest, JsonIsOneValidDocumentWhateverBytesAClientCallsItself) {
  const auto json = nlohmann::json::parse(top_json(view_with_client("\xff\xfe\"")));
  EXPECT_EQ(json["clients"][0]["pid"], 42);
  EXPECT_EQ(json["clients"][0]["held_serials"][1], 99);
  EXPECT_EQ(json["posted"], 100);
}

}  // namespace
}  // namespace vsl::command
