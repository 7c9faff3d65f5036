// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coded_pictures.hpp"
#include "fake_heap.hpp"
#include "standin/hooks.hpp"

namespace vsl::test {
namespace {

using standin::behaviour;
using ::testing::HasSubstr;

Result<int> fetch_pictures(Decoder& decoder) {
  for (int pictures = 0;; ++pictures) {
    VSL_TRY(auto picture, decoder.next_picture());
    if (!picture) return pictures;
  }
}

// A few pictures there and back, until something fails.
Result<int> code_some() {
  VSL_TRY(auto encoder, Encoder::create({.backend = kHantro}));
  VSL_TRY(auto decoder, Decoder::create({.backend = kHantro}));
  int pictures = 0;
  for (int i = 0; i < 3; ++i) {
    Frame picture = a_picture(i);
    VSL_CHECK(encoder.encode(picture));
    VSL_TRY(auto packet, encoder.next_packet());
    if (packet) VSL_CHECK(decoder.decode(*packet));
    VSL_TRY(const int fetched, fetch_pictures(decoder));
    pictures += fetched;
  }
  VSL_CHECK(decoder.drain());
  VSL_TRY(const int fetched, fetch_pictures(decoder));
  return pictures + fetched;
}

TEST(HantroFaultsTest, WhicheverCallFailsNothingIsLostAndTheNextStreamIsWhole) {
  set_heap(Heap::none);  // so that memory of the wrapper is at stake too
  const auto whole = code_some();
  ASSERT_TRUE(whole) << whole.error().message();
  ASSERT_EQ(*whole, 3);
  const std::vector<std::string> calls = standin::account().calls_made;
  ASSERT_GT(calls.size(), 40u);
  int errors = 0;
  for (const bool for_good : {false, true}) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      standin::begin_anew();
      behaviour().fail_call = static_cast<int>(i) + 1;
      behaviour().fails_for_good = for_good;
      const auto failed = code_some();
      if (!failed) {
        ++errors;
        EXPECT_THAT(failed.error().message(), HasSubstr("Hantro")) << calls[i];
      }
      EXPECT_THAT(standin::violations(), ::testing::IsEmpty()) << calls[i];
      EXPECT_EQ(standin::account().memory, 0) << calls[i];
      EXPECT_EQ(standin::account().handles, 0) << calls[i];
      EXPECT_EQ(standin::account().loads, 0) << calls[i];
    }
  }
  EXPECT_GT(errors, 40);
  standin::begin_anew();
  const auto again = code_some();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, 3);
}

TEST(HantroFaultsTest, ADecoderThatVanishesIsAnErrorAndComesBackWithReset) {
  Coded coded = encode(30);
  Decoder decoder = a_decoder();
  const auto pictures_of = [&](std::size_t first, std::size_t end) -> Result<int> {
    int pictures = 0;
    for (std::size_t i = first; i < end; ++i) {
      VSL_CHECK(decoder.decode(coded.packets[i]));
      VSL_TRY(const int fetched, fetch_pictures(decoder));
      pictures += fetched;
    }
    return pictures;
  };
  const auto before = pictures_of(0, 5);
  ASSERT_TRUE(before) << before.error().message();
  behaviour().fail_call = standin::account().calls + 1;
  behaviour().fails_for_good = true;
  const auto vanished = pictures_of(5, 30);
  ASSERT_FALSE(vanished);
  EXPECT_EQ(vanished.error().code, std::errc::io_error);
  EXPECT_FALSE(decoder.reset());
  behaviour().fail_call = 0;
  ASSERT_TRUE(decoder.reset());
  const auto after = pictures_of(0, 30);
  ASSERT_TRUE(after) << after.error().message();
  EXPECT_GE(*after, 29);
}

TEST(HantroFaultsTest, AnEncoderThatVanishesIsAnErrorAndComesBackWithReset) {
  auto encoder = Encoder::create({.backend = kHantro});
  ASSERT_TRUE(encoder);
  Frame picture = a_picture(0);
  ASSERT_TRUE(encoder->encode(picture));
  behaviour().fail_call = standin::account().calls + 1;
  behaviour().fails_for_good = true;
  const auto failed = encoder->encode(picture);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("VPU_EncEncodeFrame"));
  EXPECT_FALSE(encoder->reset());
  behaviour().fail_call = 0;
  ASSERT_TRUE(encoder->reset());
  ASSERT_TRUE(encoder->encode(picture));
  const auto packet = encoder->next_packet();
  ASSERT_TRUE(packet && *packet);
  EXPECT_TRUE((*packet)->info().key_frame);
}

}  // namespace
}  // namespace vsl::test
