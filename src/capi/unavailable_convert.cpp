// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/guard.hpp"
#include "videostream.h"

// Copying in a build without converters.

namespace {

template <class T>
T unavailable(T failure) {
  return vsl::capi::failed(failure, ENOTSUP,
                           "vsl_frame_copy: this build of the library has no converter");
}

}  // namespace

extern "C" int vsl_frame_copy(VSLFrame*, VSLFrame*, const VSLRect*) { return unavailable(-1); }
