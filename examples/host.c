/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The VideoStream authors */
/* Publishes a grey picture that gets brighter, 30 times a second.
 *
 *   cc host.c $(pkg-config --cflags --libs videostream) -o host
 *   ./host /tmp/frames        until Ctrl-C
 *   ./host /tmp/frames 100    a hundred frames
 */
#include <signal.h>
#include <stdio.h>
#include <videostream.h>

static const int64_t ns_per_ms = 1000000;
static const int frame_interval_ms = 33;

static volatile sig_atomic_t stop_requested = 0;

static void request_stop(int signal_number) {
  (void)signal_number;
  stop_requested = 1;
}

/* A frame with memory of its own, filled with one grey. NULL on failure. */
static VSLFrame* make_frame(int grey) {
  VSLFrame* frame = vsl_frame_init(640, 480, 0, VSL_FOURCC('N', 'V', '1', '2'), NULL, NULL);
  if (!frame) return NULL;
  size_t size = 0;
  void* pixels = vsl_frame_alloc(frame, NULL) == 0 ? vsl_frame_mmap(frame, &size) : NULL;
  if (!pixels) {
    vsl_frame_release(frame);
    return NULL;
  }
  memset(pixels, grey, size);
  vsl_frame_munmap(frame);
  return frame;
}

static int post_one(VSLHost* host, int number) {
  VSLFrame* frame = make_frame(number & 0xff);
  if (!frame) return -1;
  const int64_t now = vsl_timestamp();
  /* Clients that hold the frame keep it beyond these 100 ms. */
  if (vsl_host_post(host, frame, now + 100 * ns_per_ms, -1, now, -1) != 0) {
    vsl_frame_release(frame); /* still ours, as posting failed */
    return -1;
  }
  return 0;
}

/* Answers clients until it is time for the next frame. */
static void serve_until(VSLHost* host, int64_t deadline) {
  for (int64_t now = vsl_timestamp(); now < deadline && !stop_requested; now = vsl_timestamp()) {
    /* Rounded up: a remainder below 1 ms must not become a busy loop. */
    vsl_host_poll(host, (deadline - now + ns_per_ms - 1) / ns_per_ms);
    vsl_host_process(host);
  }
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s PATH [FRAMES]\n", argv[0]);
    return 2;
  }
  const long frames = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
  signal(SIGINT, request_stop);
  signal(SIGTERM, request_stop);

  VSLHost* host = vsl_host_init(argv[1]);
  if (!host) {
    fprintf(stderr, "cannot listen at %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  int64_t next = vsl_timestamp();
  for (int number = 0; !stop_requested && (frames == 0 || number < frames); number++) {
    if (post_one(host, number) != 0) {
      fprintf(stderr, "cannot publish: %s\n", strerror(errno));
      vsl_host_release(host);
      return 1;
    }
    next += frame_interval_ms * ns_per_ms;
    serve_until(host, next);
  }
  vsl_host_release(host);
  return 0;
}
