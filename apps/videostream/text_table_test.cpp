// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "text_table.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "display_text.hpp"

namespace vsl::command {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TextTable a_table() {
  TextTable table({{"PID", Align::right, 0, 5},
                   {"NAME", Align::left, 0, 6, true},
                   {"RATE", Align::right, 1},
                   {"MORE", Align::left, 2}});
  table.add_row({"1", "a-viewer-of-pictures", "29.97", "details"});
  table.add_row({"22", "b", "5", "d"});
  return table;
}

TEST(TextTableTest, WithoutALimitEverythingIsShown) {
  EXPECT_EQ(a_table().text({}),
            "  PID  NAME                   RATE  MORE\n"
            "    1  a-viewer-of-pictures  29.97  details\n"
            "   22  b                         5  d\n");
}

TEST(TextTableTest, CellsAreShortenedBeforeAColumnGoes) {
  const auto lines = lines_of(a_table().text({30, 0}));
  EXPECT_NE(lines[0].find("MORE"), std::string::npos);
  EXPECT_NE(lines[1].find("…"), std::string::npos);
}

TEST(TextTableTest, TheLeastImportantColumnGoesFirst) {
  const std::string text = a_table().text({22, 0});
  EXPECT_EQ(text.find("MORE"), std::string::npos) << text;
  EXPECT_NE(text.find("RATE"), std::string::npos) << text;
}

TEST(TextTableTest, NoLineIsEverWiderThanTheTerminal) {
  for (std::size_t columns = 1; columns < 60; ++columns) {
    for (const std::string& line : lines_of(a_table().text({columns, 0}))) {
      EXPECT_LE(display_width(line), columns) << line;
    }
  }
}

TEST(TextTableTest, RowsThatDoNotFitAreCounted) {
  TextTable table({{"N"}});
  for (int i = 0; i < 20; ++i) table.add_row({std::to_string(i)});
  const auto lines = lines_of(table.text({40, 10}));
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines.back(), "… 12 more");
}

TEST(TextTableTest, ColumnsOfWideCharactersStandUnderEachOther) {
  TextTable table({{"NAME", Align::left}, {"N"}});
  table.add_row({"カメラ", "1"});
  table.add_row({"é", "2"});
  EXPECT_EQ(table.text({}), "NAME    N\nカメラ  1\né       2\n");
}

TEST(DisplayTextTest, NothingOfAnotherProcessSteersTheTerminal) {
  EXPECT_EQ(printable("a\033[2Jb\n"), "a?[2Jb?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "?2J")
      << "a control character of eight bits";
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "gnp"),
            "?gnp")
      << "text from right to left";
  EXPECT_EQ(printable("\xff\xc3"), "??") << "no UTF-8";
  EXPECT_EQ(printable("Büro"), "Büro");
}

TEST(DisplayTextTest, ShorteningKeepsBothEnds) {
  EXPECT_EQ(shortened("gst-launch-1.0:preview", 15), "gst-lau…preview");
  EXPECT_EQ(shortened("カメラ", 5), "カ…ラ");
  EXPECT_EQ(shortened("whole", 5), "whole");
}

TEST(DisplayTextTest, WordsFlowOntoLinesThatFit) {
  EXPECT_EQ(flowed({"one", "two", "three"}, 8), "one  two\nthree\n");
  EXPECT_EQ(wrapped("one two three", 8), "one two\nthree\n");
  EXPECT_EQ(wrapped("/a/path/that/is/long x", 8), "/a/path/that/is/long\nx\n");
}

TEST(DisplayTextTest, AStatusLineLosesItsLastItemsFirst) {
  EXPECT_EQ(on_one_line({"00:07", "12 frames", "3 clients"}, 16), "00:07  12 frames");
  EXPECT_EQ(clock_text(3'723'000'000'000), "1:02:03");
  EXPECT_EQ(bytes_text(999'960), "1.0 MB");
  EXPECT_EQ(bytes_text(0), "0 B");
}

}  // namespace
}  // namespace vsl::command
