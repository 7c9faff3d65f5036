// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "module/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace vsl {
namespace {

using testing::HasSubstr;

constexpr ModuleName kNone{"videostream-none.so", "vsl_none_module", "colours nobody has seen"};

class ModuleTest : public testing::Test {
 protected:
  ModuleTest() : folder_(testing::TempDir() + "vsl_module_test." + std::to_string(::getpid())) {
    std::filesystem::create_directory(folder_);
    ::setenv("VIDEOSTREAM_MODULE_PATH", (folder_ + ":/nonexistent").c_str(), 1);
  }
  ~ModuleTest() override {
    ::unsetenv("VIDEOSTREAM_MODULE_PATH");
    std::filesystem::remove_all(folder_);
  }
  const std::string folder_;
};

TEST_F(ModuleTest, AMissingOneIsAnErrorThatSaysWhatItProvidesAndWhereItWasLookedFor) {
  const auto module = load_module(kNone);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, std::errc::no_such_file_or_directory);
  for (const std::string& part : {std::string("videostream-none.so"), std::string("colours nobody"),
                                  folder_, std::string("/nonexistent")}) {
    EXPECT_THAT(module.error().message(), HasSubstr(part));
  }
}

// Run by the next test in a process that was started by a relative path.
TEST_F(ModuleTest, DISABLED_FromAnotherFolder) {
  const std::string loaded_from = std::filesystem::current_path();
  ::unsetenv("VIDEOSTREAM_MODULE_PATH");
  std::filesystem::current_path(folder_);
  const auto module = load_module(kNone);
  ASSERT_FALSE(module);
  EXPECT_THAT(module.error().message(), HasSubstr("not in " + loaded_from + "/"));
}

TEST_F(ModuleTest, ModulesAreLookedForWhereTheLibraryWasWhenItWasLoadedByARelativePath) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command =
      "cd " + program.parent_path().string() + " && ./" + program.filename().string() +
      " --gtest_also_run_disabled_tests --gtest_filter='*FromAnotherFolder' >&2";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(ModuleTest, AFileThatIsNoModuleIsRefusedWithWhatTheLoaderSays) {
  std::ofstream(folder_ + "/" + kNone.file) << "not a shared object";
  const auto module = load_module(kNone);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, std::errc::not_supported);
  EXPECT_THAT(module.error().message(), HasSubstr(folder_));
}

TEST_F(ModuleTest, AnotherSharedObjectIsRefusedForItsMissingEntry) {
  std::filesystem::create_symlink("/proc/self/exe", folder_ + "/" + kNone.file);
  const auto module = load_module(kNone);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, std::errc::not_supported);
}

}  // namespace
}  // namespace vsl
