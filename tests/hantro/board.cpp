// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/testing.hpp"
#include "fake_heap.hpp"
#include "standin/hooks.hpp"

/// Makes the program think it is on a board: with the nodes of the video processor, and without
/// software codecs. Each test begins with a device in order, and is to leave nothing behind.
namespace vsl::test {
namespace {

void make_board() {
  ::setenv("VSL_HANTRO_ENCODER_DEV", "/dev/null", 1);
  ::setenv("VSL_HANTRO_DECODER_DEV", "/dev/null", 1);
  ::setenv("VIDEOSTREAM_MODULE_PATH", "/nonexistent", 1);
}

class Inspector : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo&) override {
    make_board();
    standin::begin_anew();
    set_heap(Heap::uncached);
    fds_ = vsl::testing::open_fd_count();
  }
  void OnTestEnd(const ::testing::TestInfo&) override {
    for (const std::string& violation : standin::violations()) ADD_FAILURE() << violation;
    EXPECT_EQ(standin::account().memory, 0) << "memory of the wrapper";
    EXPECT_EQ(standin::account().handles, 0) << "codecs";
    EXPECT_EQ(standin::account().loads, 0) << "the wrapper itself";
    EXPECT_EQ(open_brackets(), 0) << "brackets around access of the processor";
    EXPECT_EQ(vsl::testing::open_fd_count(), fds_) << "descriptors";
  }
  std::ptrdiff_t fds_ = 0;
};

// Before the suites ask what this machine can code.
[[maybe_unused]] const bool is_board = [] {
  make_board();
  ::testing::UnitTest::GetInstance()->listeners().Append(new Inspector);
  return true;
}();

}  // namespace
}  // namespace vsl::test
