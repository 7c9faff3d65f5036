/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The VideoStream authors */
/* Receives frames and prints what is in them.
 *
 *   cc client.c $(pkg-config --cflags --libs videostream) -o client
 *   ./client /tmp/frames        until the host ends
 *   ./client /tmp/frames 100    a hundred frames
 */
#include <inttypes.h>
#include <stdio.h>
#include <videostream.h>

static void print_frame(VSLFrame* frame) {
  size_t size = 0;
  const unsigned char* pixels = vsl_frame_mmap(frame, &size);
  if (!pixels || size == 0) {
    fprintf(stderr, "cannot map: %s\n", strerror(errno));
    return;
  }
  const uint32_t fourcc = vsl_frame_fourcc(frame);
  const double age_ms = (double)(vsl_timestamp() - vsl_frame_timestamp(frame)) / 1e6;
  printf("frame %" PRId64 ": %dx%d %.4s, first byte %d, %.3f ms after it was posted\n",
         vsl_frame_serial(frame), vsl_frame_width(frame), vsl_frame_height(frame),
         (const char*)&fourcc, pixels[0], age_ms);
  vsl_frame_munmap(frame);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s PATH [FRAMES]\n", argv[0]);
    return 2;
  }
  const long frames = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
  VSLClient* client = vsl_client_init(argv[1], NULL, false);
  if (!client) {
    fprintf(stderr, "cannot connect to %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  long received = 0;
  while (frames == 0 || received < frames) {
    VSLFrame* frame = vsl_frame_wait(client, 0);
    if (!frame && errno == ETIMEDOUT) continue; /* nothing for a second: the host is just quiet */
    if (!frame) {
      fprintf(stderr, "no more frames: %s\n", strerror(errno));
      break;
    }
    /* Without the lock the host may reuse the memory from our next vsl_frame_wait() on. */
    if (vsl_frame_trylock(frame) == 0) {
      print_frame(frame);
      vsl_frame_unlock(frame);
      received++;
    }
    vsl_frame_release(frame);
  }
  vsl_client_release(client);
  return frames == 0 || received == frames ? 0 : 1;
}
