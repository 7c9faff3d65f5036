// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv_module.hpp"

#include "convert/libyuv/backend.hpp"

extern "C" VSL_EXPORT const vsl::ModuleHead* vsl_module_libyuv() {
  static const vsl::convert::LibyuvModule module{{VSL_RELEASE}, vsl::convert::make_libyuv_backend};
  return &module.head;
}
