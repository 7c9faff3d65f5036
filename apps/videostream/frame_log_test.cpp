// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame_log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace vsl::command {
namespace {

TEST(FrameLogTest, WritesTheColumnsOfRelease25) {
  const std::string path = testing::TempDir() + "frame_log_" + std::to_string(::getpid());
  {
    auto log = FrameLog::create(path);
    ASSERT_TRUE(log);
    FrameInfo info;
    info.times.captured_ns = 1000;
    info.times.dequeued_ns = 1500;
    log->add(info, 7, 1600, 1800);
    info.times.dequeued_ns = 0;  // drawn by us, at the time it was captured
    log->add(info, 8, 1600, 1800);
  }
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line,
            "event,start_time,end_time,duration,serial,input_elapsed,model_elapsed,output_elapsed");
  std::getline(file, line);
  EXPECT_EQ(line, "camhost,1500,1800,300,7,500,0,200");
  std::getline(file, line);
  EXPECT_EQ(line, "camhost,1000,1800,800,8,0,0,200");
  ::unlink(path.c_str());
}

TEST(FrameLogTest, NamesTheFileItCannotCreate) {
  const auto log = FrameLog::create("/no/such/folder/log.csv");
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().where.find("/no/such/folder/log.csv"), std::string::npos);
}

}  // namespace
}  // namespace vsl::command
