// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <functional>
#include <string>

#include "convert/g2d/abi.hpp"
#include "videostream/result.hpp"

namespace vsl::convert::g2d {

enum class Generation : std::uint8_t { addresses_32, addresses_64 };

/// The vendor's library, which stays loaded for the life of the process.
struct Library {
  std::string file;
  Functions functions;
  Generation generation = Generation::addresses_64;
};

/// What a name stands for in a library; null = nothing.
using Lookup = std::function<void*(const char* name)>;

/// The library as it is installed; loaded once. Errors: no_such_file_or_directory (there is none);
/// those of library_of. Threads: any.
Result<const Library*> load_library();

/// Errors: not_supported (a function is missing, or nothing tells the generation: with the wrong
/// one the engine would write to memory of others, so it is not guessed).
Result<Library> library_of(const std::string& file, const Lookup& lookup);

}  // namespace vsl::convert::g2d
