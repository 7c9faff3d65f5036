/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The VideoStream authors */
/*
 * Captures pictures with the C interface. Usage: camera [DEVICE [PICTURES]]
 * DEVICE is /dev/video0 and PICTURES 100 when they are not given. The number of a picture is the
 * driver's own: a gap is a picture it dropped, and some drivers give a number twice.
 */
#define VSL_TARGET_VERSION 2007000

#include <stdio.h>
#include <stdlib.h>
#include <videostream.h>

static int fail(const char* what) {
  fprintf(stderr, "camera: %s: %s\n", what, vsl_last_error());
  return EXIT_FAILURE;
}

static int capture(vsl_camera* camera, int pictures) {
  int width = 1280, height = 720, buffers = 4; /* wishes; what we get is written over them */
  uint32_t format = VSL_FOURCC('Y', 'U', 'Y', 'V');
  if (vsl_camera_init_device(camera, &width, &height, &buffers, &format) != 0) {
    return fail("cannot set the camera up");
  }
  char name[5];
  printf("%dx%d %s in %d buffers\n", width, height, vsl_v4l2_fourcc_to_string(format, name),
         buffers);
  if (vsl_camera_start_capturing(camera) != 0) return fail("cannot start");
  for (int i = 0; i < pictures; ++i) {
    vsl_camera_buffer* buffer = vsl_camera_get_data(camera);
    if (buffer == NULL) return fail("no picture");
    const unsigned char* pixels = vsl_camera_buffer_mmap(buffer);
    int64_t seconds, nanoseconds;
    vsl_camera_buffer_timestamp(buffer, &seconds, &nanoseconds);
    printf("picture %u at %lld.%09lld, first byte %d\n", vsl_camera_buffer_sequence(buffer),
           (long long)seconds, (long long)nanoseconds, pixels[0]);
    vsl_camera_release_buffer(camera, buffer); /* the driver may write into it again */
  }
  return EXIT_SUCCESS;
}

int main(int argc, char** argv) {
  vsl_camera* camera = vsl_camera_open_device(argc > 1 ? argv[1] : "/dev/video0");
  if (camera == NULL) return fail("cannot open the camera");
  const int result = capture(camera, argc > 2 ? atoi(argv[2]) : 100);
  vsl_camera_stop_capturing(camera);
  vsl_camera_uninit_device(camera);
  vsl_camera_close_device(camera);
  return result;
}
