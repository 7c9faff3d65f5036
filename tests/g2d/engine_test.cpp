// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <thread>
#include <vector>

#include "base/testing.hpp"
#include "tests/g2d/engines.hpp"

/// The engine's side of conversion, with stand-ins for the vendor's library in both generations.
namespace vsl::g2d_stand_in {
namespace {

constexpr std::byte kBetween{0xa5};

struct Generation {
  const char *name, *path;
};
const auto kGenerations =
    ::testing::Values(Generation{"New", VSL_G2D_NEW}, Generation{"Old", VSL_G2D_OLD});
std::string name_of(const ::testing::TestParamInfo<Generation>& generation) {
  return generation.param.name;
}
void PrintTo(const Generation& generation, std::ostream* out) { *out << generation.name; }

class EngineTest : public ::testing::TestWithParam<Generation> {
 protected:
  Vendor vendor_{GetParam().path};
};
INSTANTIATE_TEST_SUITE_P(Of, EngineTest, kGenerations, name_of);

constexpr const char* kSources[] = {"RGBA", "RGBX", "BGRA", "BGRX", "ARGB", "ABGR", "xRGB",
                                    "xBGR", "RGB3", "BGR3", "NV12", "NV21", "NV16", "NV61",
                                    "YUYV", "YVYU", "UYVY", "VYUY", "I420", "YV12"};
constexpr const char* kTargets[] = {"RGBA", "RGBX", "BGRA", "BGRX", "ARGB", "ABGR", "xRGB",
                                    "xBGR", "RGB3", "BGR3", "NV12", "YUYV", "UYVY"};

struct Shape {
  Rect crop;
  std::uint32_t width, height;
};
// As it is, a part of it as it is, both scaled by what is no whole number.
constexpr Shape kShapes[] = {{{0, 0, 96, 48}, 96, 48},
                             {{16, 8, 48, 32}, 48, 32},
                             {{0, 0, 96, 48}, 64, 30},
                             {{10, 2, 62, 34}, 160, 80}};

bool is_padded(const char* code) {
  const std::string letters = code;
  return letters.find('X') != std::string::npos || letters.find('x') != std::string::npos;
}
bool has_opacity(const char* code) { return std::string(code).find('A') != std::string::npos; }

void expect_what_libyuv_gives(Engine& engine, Converter& libyuv, Frame& from, const char* to_code,
                              const Shape& shape) {
  Frame to = frame_of(engine_layout(to_code, shape.width, shape.height, 1));
  Frame other = frame_of(engine_layout(to_code, shape.width, shape.height));
  fill(to, kBetween);
  const std::string what = from.info().layout.fourcc.to_string() + " to " + to_code + " " +
                           std::to_string(shape.width) + "x" + std::to_string(shape.height);
  const auto done = engine.convert(job_of(from, to, shape.crop));
  ASSERT_TRUE(done) << what << ": " << done.error().message();
  ASSERT_TRUE(libyuv.convert(picture_of(from), picture_of_target(other), shape.crop)) << what;
  const Difference difference = compare(to, other, kBetween);
  // Both round, share chroma and scale in ways of their own. Neighbours in the scene differ by one
  // level: a chroma sample taken for two of them and half a source pixel in scaling make a few.
  EXPECT_LE(difference.worst, 6) << what;
  EXPECT_GE(difference.psnr_db(), 40) << what;
}

TEST_P(EngineTest, ConvertsAsLibyuvDoes) {
  const auto engine = vendor_.engine();
  auto libyuv = Converter::create();
  ASSERT_TRUE(libyuv);
  int jobs = 0;
  for (const char* from_code : kSources) {
    Frame from = scene(from_code, 96, 48, 1);
    for (const char* to_code : kTargets) {
      if (is_padded(from_code) && has_opacity(to_code)) continue;  // left to the CPU
      for (const Shape& shape : kShapes) {
        // The generations differ in how they are told, not in what: one shape shows it.
        if (vendor_.is_old() && &shape != std::end(kShapes) - 1) continue;
        expect_what_libyuv_gives(*engine, *libyuv, from, to_code, shape);
        ++jobs;
      }
    }
  }
  EXPECT_EQ(vendor_->finishes, jobs);
}

TEST_P(EngineTest, TakesTheMatrixOfEachPicture) {
  const auto engine = vendor_.engine();
  auto libyuv = Converter::create();
  ASSERT_TRUE(libyuv);
  for (const std::uint8_t matrix : {1, 6, 6, 1}) {  // H.273: 709, 601
    Frame from = scene("NV12", 96, 48, 0, {.matrix = matrix, .range = 1});
    expect_what_libyuv_gives(*engine, *libyuv, from, "BGRA", kShapes[0]);
    expect_what_libyuv_gives(*engine, *libyuv, from, "YUYV", kShapes[0]);
  }
}

TEST_P(EngineTest, TakesOddRectanglesOfRgb) {
  const auto engine = vendor_.engine();
  auto libyuv = Converter::create();
  ASSERT_TRUE(libyuv);
  Frame from = scene("BGRA", 97, 47);
  expect_what_libyuv_gives(*engine, *libyuv, from, "RGB3", {{3, 5, 51, 33}, 51, 33});
}

class EngineFaultsTest : public EngineTest {
 protected:
  std::error_code converted(Engine& engine, const char* to_code = "BGRA") {
    Frame to = frame_of(engine_layout(to_code, 96, 48));
    const auto done = engine.convert(job_of(from_, to));
    return done ? std::error_code() : done.error().code;
  }
  Frame from_ = scene("NV12", 96, 48);
};
INSTANTIATE_TEST_SUITE_P(Of, EngineFaultsTest, kGenerations, name_of);

TEST_P(EngineFaultsTest, AnEngineThatDoesNotOpenIsSaidToBeMissing) {
  vendor_->fail_open = 1;
  const auto engine = Engine::open(vendor_.library());
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, std::errc::no_such_device);
}

TEST_P(EngineFaultsTest, MemoryTheLibraryDoesNotTakeIsForTheCpuAndNotAskedForAgain) {
  const auto engine = vendor_.engine();
  vendor_->fail_import = 1;
  EXPECT_EQ(converted(*engine), std::errc::not_supported);
  EXPECT_EQ(vendor_->imports, 1);
  EXPECT_EQ(converted(*engine), std::errc::not_supported);
  EXPECT_EQ(vendor_->imports, 1);
  EXPECT_EQ(vendor_->blits, 0);
}

TEST_P(EngineFaultsTest, ABlitThatFailsIsAnErrorOfThatPictureAlone) {
  const auto engine = vendor_.engine();
  vendor_->fail_blit = 1;
  EXPECT_EQ(converted(*engine), std::errc::io_error);
  EXPECT_EQ(vendor_->finishes, 0);
  EXPECT_FALSE(converted(*engine));
}

TEST_P(EngineFaultsTest, AMatrixThatCannotBeSetIsNotConvertedWith) {
  const auto engine = vendor_.engine();
  vendor_->fail_enable = 1;
  EXPECT_EQ(converted(*engine), std::errc::io_error);
  EXPECT_EQ(vendor_->blits, 0);
  EXPECT_FALSE(converted(*engine));
}

TEST_P(EngineFaultsTest, AnEngineThatDoesNotFinishIsClosedAndNeverAskedAgain) {
  const auto engine = vendor_.engine();
  vendor_->fail_finish = 1;
  EXPECT_EQ(converted(*engine), std::errc::io_error);
  EXPECT_EQ(vendor_->handles, 0);
  EXPECT_EQ(converted(*engine), std::errc::not_supported);
  EXPECT_EQ(vendor_->blits, 1);
}

TEST_P(EngineFaultsTest, APairThatNeverWorksIsGivenUp) {
  const auto engine = vendor_.engine();
  constexpr int kTries = 8, kNv12 = 20;
  vendor_->refused_sources = 1U << kNv12;
  for (int i = 0; i < kTries; ++i) EXPECT_EQ(converted(*engine), std::errc::io_error);
  EXPECT_EQ(converted(*engine), std::errc::not_supported);
  EXPECT_EQ(vendor_->blits, kTries);
  vendor_->refused_sources = 0;
  EXPECT_EQ(converted(*engine), std::errc::not_supported);
  EXPECT_FALSE(converted(*engine, "RGB3"));  // another pair
}

TEST_P(EngineFaultsTest, AddressesThatCannotBeAreRefused) {
  const auto engine = vendor_.engine();
  vendor_->zero_address = true;
  EXPECT_EQ(converted(*engine), std::errc::not_supported);
  vendor_->zero_address = false;
  const auto another = vendor_.engine();
  constexpr std::uint64_t kPage = 4096, kOddAddress = 0x4000'0010;
  vendor_->next_address = 0 - kPage;  // the picture would go round the end
  EXPECT_EQ(converted(*another), std::errc::not_supported);
  const auto third = vendor_.engine();
  vendor_->next_address = kOddAddress;
  EXPECT_EQ(converted(*third), std::errc::not_supported);
  EXPECT_EQ(vendor_->blits, 0);
}

TEST_P(EngineFaultsTest, WhatTheEngineSaysItCannotIsForTheCpu) {
  vendor_->writes_yuv = false;
  EXPECT_EQ(converted(*vendor_.engine(), "YUYV"), std::errc::not_supported);
  EXPECT_FALSE(converted(*vendor_.engine(), "BGRA"));
  vendor_->reads_yuv = false;
  EXPECT_EQ(converted(*vendor_.engine(), "BGRA"), std::errc::not_supported);
  vendor_->reads_yuv = vendor_->writes_yuv = true;
  vendor_->scales = false;
  Frame small = frame_of(engine_layout("BGRA", 48, 24));
  const auto engine = vendor_.engine();
  EXPECT_FALSE(engine->convert(job_of(from_, small)));
  EXPECT_FALSE(converted(*engine));
}

TEST_P(EngineFaultsTest, AForkedChildLeavesItsParentsEngineAlone) {
  const auto engine = vendor_.engine();
  EXPECT_FALSE(converted(*engine));
  const int blits = vendor_->blits;
  EXPECT_EQ(testing::in_child([&] {
              const bool refused = converted(*engine) == std::errc::not_supported;
              return refused && vendor_->blits == blits ? 0 : 1;
            }),
            0);
  EXPECT_FALSE(converted(*engine));
}

TEST_P(EngineTest, LetsGoOfMemoryThatIsNotMetAnyMore) {
  const auto engine = vendor_.engine();
  {
    Frame once = scene("NV12", 96, 48), to = frame_of(engine_layout("BGRA", 96, 48));
    ASSERT_TRUE(engine->convert(job_of(once, to)));
  }
  EXPECT_EQ(vendor_->buffers, 2);
  Frame from = scene("NV12", 96, 48), to = frame_of(engine_layout("BGRA", 96, 48));
  const convert::Job job = job_of(from, to);
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(engine->convert(job));
  EXPECT_EQ(vendor_->buffers, 2);
  EXPECT_EQ(vendor_->imports, 4) << "once for each buffer";
}

TEST_P(EngineTest, ThreadsHaveEachTheirOwn) {
  Frame from = scene("NV12", 96, 48);
  const Picture picture = picture_of(from);
  std::vector<std::thread> threads;
  constexpr int kThreads = 4, kPictures = 20;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto engine = vendor_.engine();
      Frame to = frame_of(engine_layout("BGRA", 96, 48));
      for (int j = 0; j < kPictures; ++j) {
        const auto plan = convert::plan(picture, picture_of_target(to), {});
        EXPECT_TRUE(plan && engine->convert(plan->job));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(vendor_->blits, kThreads * kPictures);
}

}  // namespace
}  // namespace vsl::g2d_stand_in
