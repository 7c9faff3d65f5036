// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <type_traits>

#include "videostream.h"

// What bindings call through function pointers: the exact types, with C linkage.
static_assert(std::is_same<decltype(&vsl_frame_wait), VSLFrame* (*)(VSLClient*, int64_t)>::value,
              "vsl_frame_wait");
static_assert(std::is_same<decltype(&vsl_frame_paddr), intptr_t (*)(VSLFrame*)>::value,
              "vsl_frame_paddr");
static_assert(std::is_same<decltype(&vsl_decoder_crop), VSLRect (*)(const VSLDecoder*)>::value,
              "vsl_decoder_crop");
static_assert(
    std::is_same<decltype(&vsl_client_init), VSLClient* (*)(const char*, void*, bool)>::value,
    "vsl_client_init");
static_assert(std::is_same<vsl_frame_cleanup, void (*)(VSLFrame*)>::value, "vsl_frame_cleanup");
