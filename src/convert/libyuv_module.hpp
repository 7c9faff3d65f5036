// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>

#include "convert/backend.hpp"
#include "module/module.hpp"

namespace vsl::convert {

/// What the module with libyuv says of itself.
struct LibyuvModule {
  ModuleHead head;
  std::unique_ptr<Backend> (*make_backend)();
};

inline constexpr ModuleName kLibyuvModule{"videostream-libyuv.so", "vsl_module_libyuv",
                                          "conversion between pixel formats (libyuv)"};

}  // namespace vsl::convert
