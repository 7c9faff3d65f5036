// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "wire/v1.hpp"
#include "wire/v2_layout.hpp"
#include "wire/v2_messages.hpp"
#include "wire/v2_protocol.hpp"

/// Reads tests/golden with the structs; test_golden.py reads the same files from the specification.
namespace vsl::wire {
namespace {

constexpr std::uint64_t kEpoch = 0x0123456789abcdef;

std::vector<std::byte> golden(const std::string& name) {
  std::ifstream file(std::string(VSL_SOURCE_DIR) + "/tests/golden/" + name + ".hex");
  std::vector<std::byte> bytes;
  for (std::string line; std::getline(file, line);) {
    std::istringstream hex(line.substr(0, line.find('#')));
    std::string digits, word;
    while (hex >> word) digits += word;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
      bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    }
  }
  return bytes;
}

/// What a struct says of itself, byte for byte.
template <class T>
std::vector<std::byte> bytes(const T& value) {
  const auto view = v2::bytes_of(value);
  return {view.begin(), view.end()};
}

TEST(GoldenTest, V1ControlIsReadAndWritten) {
  const auto packet = golden("v1_control");
  const auto control = v1::parse_control(packet);
  ASSERT_TRUE(control);
  EXPECT_EQ(control->request, static_cast<std::uint32_t>(v1::Request::unlock));
  EXPECT_EQ(control->serial, 0x1122334455667788);
  EXPECT_EQ(bytes(*control), packet);
}

TEST(GoldenTest, V1FrameEventIsReadAndWritten) {
  const auto packet = golden("v1_frame_event");
  const v1::Event event = v1::parse_event(packet);
  EXPECT_EQ(event.serial, 7);
  EXPECT_EQ(event.timestamp_ns, 1'000'000'001);
  EXPECT_EQ(event.expires_ns, 1'100'000'001);
  EXPECT_EQ(event.dts_ns, -1);
  EXPECT_EQ(event.width_px, 1920);
  EXPECT_EQ(event.size_bytes, 3'110'400U);
  EXPECT_EQ(event.offset_bytes, 4096);
  EXPECT_EQ(event.stride_bytes, 1920);
  EXPECT_EQ(bytes(event), packet);
}

TEST(GoldenTest, V1ReplyHasNoStrayByte) {
  EXPECT_EQ(bytes(v1::reply(v1::Code::success, true)), golden("v1_reply"));
}

TEST(GoldenTest, HelloIsReadAndWritten) {
  const auto packet = golden("v2_hello");
  const auto hello = v2::parse_hello(packet);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->depth, 128U);
  EXPECT_EQ(hello->every_k, 3U);
  EXPECT_EQ(hello->lease_words, 21U);
  EXPECT_EQ(hello->last_epoch, kEpoch);
  EXPECT_EQ(hello->hold_ms, 500U);
  EXPECT_STREQ(hello->name, "viewer");
  EXPECT_EQ(bytes(*hello), packet);
}

TEST(GoldenTest, WelcomeIsReadAndWritten) {
  const auto packet = golden("v2_welcome");
  const auto welcome = v2::parse_welcome(packet);
  ASSERT_TRUE(welcome);
  EXPECT_EQ(welcome->epoch, kEpoch);
  EXPECT_EQ(welcome->board_bytes, sizeof(v2::Board));
  EXPECT_EQ(welcome->group, 3U);
  EXPECT_EQ(welcome->newest, 41U);
  EXPECT_EQ(bytes(*welcome), packet);
}

TEST(GoldenTest, BuffersAreReadAndWritten) {
  const auto packet = golden("v2_buffers");
  const auto buffers = v2::parse_buffers(packet);
  ASSERT_TRUE(buffers);
  ASSERT_EQ(buffers->count, 2U);
  EXPECT_EQ(buffers->records[1].id, 2049U);
  EXPECT_EQ(buffers->records[1].bytes, 8'294'400U);
  EXPECT_EQ(buffers->records[1].flags, v2::kBufferWritable | v2::kBufferMayFault);
  auto written = bytes(*buffers);
  written.resize(packet.size());
  EXPECT_EQ(written, packet);
}

TEST(GoldenTest, ShortMessagesAreWrittenAsSpecified) {
  EXPECT_EQ(bytes(v2::short_message(v2::MessageType::ready, 0)), golden("v2_ready"));
  EXPECT_EQ(bytes(v2::short_message(v2::MessageType::want, 2049)), golden("v2_want"));
  EXPECT_EQ(bytes(v2::short_message(v2::MessageType::released, v2::ring_word(41, 5))),
            golden("v2_released"));
  EXPECT_EQ(bytes(v2::short_message(v2::MessageType::bell, 42)), golden("v2_bell"));
}

TEST(GoldenTest, SlotIsReadAsTheHostWritesIt) {
  const auto image = golden("v2_slot");
  ASSERT_EQ(image.size(), sizeof(v2::Slot));
  v2::Slot slot;
  std::memcpy(static_cast<void*>(&slot), image.data(), sizeof slot);
  EXPECT_EQ(slot.state.load(std::memory_order_relaxed), v2::retired_state(41));
  EXPECT_EQ(slot.description.width_px, 1919U);
  EXPECT_EQ(slot.description.planes[1].stride_bytes, 1984U);
  EXPECT_EQ(slot.description.buffers[1].id, 2049U);
  EXPECT_EQ(slot.details.source_sequence, 77U);
  EXPECT_EQ(slot.details.crop[2], 1915);
  EXPECT_EQ(slot.details.damage[0][3], 400);
  EXPECT_STREQ(reinterpret_cast<const char*>(slot.details.blob), "golden");

  auto board = std::make_unique<v2::Board>();
  v2::post(*board, 5, 41, slot.description, slot.details);
  v2::retire(board->slots[5], 41);
  EXPECT_EQ(std::memcmp(static_cast<const void*>(&board->slots[5]), image.data(), sizeof slot), 0);
}

}  // namespace
}  // namespace vsl::wire
