// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/g2d/library.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

namespace vsl::convert::g2d {
namespace {

using Names = std::map<std::string, void*>;

int some_function() { return 0; }
void* const kSome = reinterpret_cast<void*>(&some_function);

Names needed() {
  Names names;
  for (const char* name : {"g2d_open", "g2d_close", "g2d_blit", "g2d_finish", "g2d_enable",
                           "g2d_disable", "g2d_buf_from_fd", "g2d_free"}) {
    names[name] = kSome;
  }
  return names;
}

Result<Library> library_with(Names names) {
  return library_of("libg2d.so.2", [names = std::move(names)](const char* name) {
    const auto found = names.find(name);
    return found != names.end() ? found->second : nullptr;
  });
}

Result<Library> library_of_version(const char* text) {
  Names names = needed();
  names["_G2D_VERSION"] = &text;
  return library_with(std::move(names));
}

TEST(LibraryTest, AMissingFunctionIsNamed) {
  for (const auto& [name, function] : needed()) {
    Names names = needed();
    names["g2d_blit_dmabuf"] = function;
    names.erase(name);
    const auto library = library_with(std::move(names));
    ASSERT_FALSE(library);
    EXPECT_EQ(library.error().code, std::errc::not_supported);
    EXPECT_NE(library.error().where.find(name), std::string::npos) << library.error().where;
  }
}

TEST(LibraryTest, NamesThatCameWithWideAddressesTellTheGeneration) {
  for (const char* name : {"g2d_blit_dmabuf", "g2d_get_warp_coordinates_from_dct_file"}) {
    Names names = needed();
    names[name] = kSome;
    const auto library = library_with(std::move(names));
    ASSERT_TRUE(library);
    EXPECT_EQ(library->generation, Generation::addresses_64);
    EXPECT_EQ(library->functions.query_feature, nullptr);
  }
}

TEST(LibraryTest, TheVersionTellsTheGenerationToTheBuild) {
  const struct {
    const char* text;
    Generation generation;
  } cases[] = {
      {"\n\0$VERSION$6.4.11:1049711:5e1f$", Generation::addresses_64},
      {"\n\0$VERSION$6.4.11:1049710:5e1f$", Generation::addresses_32},
      {"\n\0$VERSION$6.4.3:4000000:5e1f$", Generation::addresses_32},
      {"\n\0$VERSION$6.5.0:1:5e1f$", Generation::addresses_64},
      {"$VERSION$7.0.0:0:5e1f$", Generation::addresses_64},
  };
  for (const auto& [text, generation] : cases) {
    const auto library = library_of_version(text);
    ASSERT_TRUE(library) << library.error().message();
    EXPECT_EQ(library->generation, generation);
  }
}

TEST(LibraryTest, AVersionThatIsNoneTellsNothing) {
  for (const char* text :
       {"", "\n\0", "6.4.11", "$VERSION$6.4$", static_cast<const char*>(nullptr)}) {
    const auto library = library_of_version(text);
    ASSERT_FALSE(library);
    EXPECT_NE(library.error().where.find("addresses"), std::string::npos);
  }
}

// What g2d_alloc returns: the first 24 bytes of both generations.
std::byte allocated[24];
int freed = 0;

void* allocate(int, int) { return allocated; }
void* allocate_nothing(int, int) { return nullptr; }
int free_it(void*) { return ++freed, 0; }

Names with_allocation(std::uint32_t word) {
  std::memcpy(allocated + 20, &word, sizeof word);
  Names names = needed();
  names["g2d_alloc"] = reinterpret_cast<void*>(&allocate);
  names["g2d_free"] = reinterpret_cast<void*>(&free_it);
  return names;
}

TEST(LibraryTest, WithoutAVersionMemoryItAllocatesTellsTheGeneration) {
  freed = 0;
  EXPECT_EQ(library_with(with_allocation(1 << 20))->generation, Generation::addresses_32);
  EXPECT_EQ(library_with(with_allocation(0))->generation, Generation::addresses_64);
  EXPECT_EQ(library_with(with_allocation(0x0001))->generation, Generation::addresses_64);
  EXPECT_EQ(freed, 3);
}

TEST(LibraryTest, WhatTellsNothingIsNotUsed) {
  EXPECT_FALSE(library_with(with_allocation(1 << 18)));  // neither a size nor half an address
  Names nothing = with_allocation(0);
  nothing["g2d_alloc"] = reinterpret_cast<void*>(&allocate_nothing);
  EXPECT_FALSE(library_with(nothing));
  EXPECT_FALSE(library_with(needed()));
}

}  // namespace
}  // namespace vsl::convert::g2d
