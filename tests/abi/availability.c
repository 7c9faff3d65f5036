/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The VideoStream authors */
/* A program that asks for the newest release may use everything without a warning (-Werror). */
#define VSL_TARGET_VERSION 2007000
#include "videostream.h"

#define VSL_TEXT_OF(x) #x
#define VSL_TEXT(x) VSL_TEXT_OF(x)

const char* availability_uses_new_functions(const vsl_camera* camera, const VSLFrame* frame);

const char* availability_uses_new_functions(const vsl_camera* camera, const VSLFrame* frame) {
  if (vsl_camera_color_space(camera) != 0 || vsl_frame_valid(frame)) return vsl_version();
  return vsl_last_error();
}

#ifdef VSL_AVAILABLE_SINCE_2_3
#error "there was no release 2.3"
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_7
#error "the program's own target is to be kept"
#endif
