/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The VideoStream authors */

/**
 * @file videostream.h
 * The C interface of VideoStream: video frames shared between processes without copying them,
 * cameras, codecs, and the discovery of V4L2 devices.
 *
 * Rules that hold unless a function says otherwise:
 *  - Failure is -1 or NULL and an errno; vsl_last_error() then has the sentence for a person. errno
 *    means nothing after success.
 *  - Times are nanoseconds of CLOCK_MONOTONIC, as vsl_timestamp() returns them. Sizes, offsets and
 *    strides are bytes; widths, heights and rectangles are pixels.
 *  - A host may be used from any thread. A client, and a frame, is used by one thread at a time;
 *    frames of one client may be in the hands of different threads.
 *  - No function ends the process, prints, or lets a C++ exception out.
 */
#ifndef VIDEOSTREAM_H
#define VIDEOSTREAM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Versions --------------------------------------------------------------------------------*/

/** The release this header belongs to. The build takes its version from this line. */
#define VSL_VERSION "2.7.0"

/** A release as one number, to compare: VSL_VERSION_ENCODE(2, 7, 0). */
#define VSL_VERSION_ENCODE(major, minor, revision) (((major)*1000000) + ((minor)*1000) + (revision))
#define VSL_VERSION_DECODE_MAJOR(version) ((version) / 1000000)
#define VSL_VERSION_DECODE_MINOR(version) (((version) % 1000000) / 1000)
#define VSL_VERSION_DECODE_REVISION(version) ((version) % 1000)

#define VSL_VERSION_1_0 VSL_VERSION_ENCODE(1, 0, 0)
#define VSL_VERSION_1_1 VSL_VERSION_ENCODE(1, 1, 0)
#define VSL_VERSION_1_2 VSL_VERSION_ENCODE(1, 2, 0)
#define VSL_VERSION_1_3 VSL_VERSION_ENCODE(1, 3, 0)
#define VSL_VERSION_1_4 VSL_VERSION_ENCODE(1, 4, 0)
#define VSL_VERSION_2_0 VSL_VERSION_ENCODE(2, 0, 0)
#define VSL_VERSION_2_1 VSL_VERSION_ENCODE(2, 1, 0)
#define VSL_VERSION_2_2 VSL_VERSION_ENCODE(2, 2, 0)
#define VSL_VERSION_2_4 VSL_VERSION_ENCODE(2, 4, 0)
#define VSL_VERSION_2_5 VSL_VERSION_ENCODE(2, 5, 0)
#define VSL_VERSION_2_6 VSL_VERSION_ENCODE(2, 6, 0)
#define VSL_VERSION_2_7 VSL_VERSION_ENCODE(2, 7, 0)

/**
 * The oldest release a program wants to run with; define it before this header. Using something
 * newer than that, or something deprecated by then, is a warning. Functions of release 2.4 and
 * later need it raised: -DVSL_TARGET_VERSION=2007000.
 */
#ifndef VSL_TARGET_VERSION
#define VSL_TARGET_VERSION VSL_VERSION_2_2
#endif

/* ---- Compilers -------------------------------------------------------------------------------*/

#if defined(__GNUC__) && defined(__GNUC_PATCHLEVEL__)
#define VSL_GNUC_VERSION VSL_VERSION_ENCODE(__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__)
#elif defined(__GNUC__)
#define VSL_GNUC_VERSION VSL_VERSION_ENCODE(__GNUC__, __GNUC_MINOR__, 0)
#else
#define VSL_GNUC_VERSION 0
#endif

/* GCC itself, not the compilers that claim to be it. */
#if VSL_GNUC_VERSION && !defined(__clang__) && !defined(__INTEL_COMPILER) && \
    !defined(__ARMCC_VERSION)
#define VSL_GCC_VERSION VSL_GNUC_VERSION
#else
#define VSL_GCC_VERSION 0
#endif

#if defined(__ARMCC_VERSION) && defined(__ARMCOMPILER_VERSION)
#define VSL_ARM_VERSION                                                                          \
  VSL_VERSION_ENCODE(__ARMCOMPILER_VERSION / 1000000, (__ARMCOMPILER_VERSION % 1000000) / 10000, \
                     (__ARMCOMPILER_VERSION % 10000) / 100)
#elif defined(__ARMCC_VERSION)
#define VSL_ARM_VERSION                                                              \
  VSL_VERSION_ENCODE(__ARMCC_VERSION / 1000000, (__ARMCC_VERSION % 1000000) / 10000, \
                     (__ARMCC_VERSION % 10000) / 100)
#else
#define VSL_ARM_VERSION 0
#endif

#if defined(__IAR_SYSTEMS_ICC__) && defined(__VER__) && (__VER__ > 1000)
#define VSL_IAR_VERSION \
  VSL_VERSION_ENCODE(__VER__ / 1000000, (__VER__ / 1000) % 1000, __VER__ % 1000)
#elif defined(__IAR_SYSTEMS_ICC__) && defined(__VER__)
#define VSL_IAR_VERSION VSL_VERSION_ENCODE(__VER__ / 100, __VER__ % 100, 0)
#else
#define VSL_IAR_VERSION 0
#endif

#define VSL_GNUC_VERSION_CHECK(a, b, c) (VSL_GNUC_VERSION >= VSL_VERSION_ENCODE(a, b, c))
#define VSL_GCC_VERSION_CHECK(a, b, c) (VSL_GCC_VERSION >= VSL_VERSION_ENCODE(a, b, c))
#define VSL_ARM_VERSION_CHECK(a, b, c) (VSL_ARM_VERSION >= VSL_VERSION_ENCODE(a, b, c))
#define VSL_IAR_VERSION_CHECK(a, b, c) (VSL_IAR_VERSION >= VSL_VERSION_ENCODE(a, b, c))

#if VSL_GNUC_VERSION_CHECK(3, 4, 0)
#define VSL_WARN_UNUSED_RESULT __attribute__((__warn_unused_result__))
#else
#define VSL_WARN_UNUSED_RESULT
#endif

#if defined(__cplusplus)
#define VSL_STATIC_ASSERT(expression, message) static_assert(expression, message)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define VSL_STATIC_ASSERT(expression, message) _Static_assert(expression, message)
#else
#define VSL_STATIC_ASSERT(expression, message)
#endif

#if defined(_WIN32) || defined(__CYGWIN__)
#define VSL_PUBLIC __declspec(dllexport)
#define VSL_PRIVATE
#define VSL_IMPORT __declspec(dllimport)
#else
#if VSL_GNUC_VERSION_CHECK(3, 3, 0) || VSL_ARM_VERSION
#define VSL_PUBLIC __attribute__((__visibility__("default")))
#define VSL_PRIVATE __attribute__((__visibility__("hidden")))
#else
#define VSL_PUBLIC
#define VSL_PRIVATE
#endif
#define VSL_IMPORT extern
#endif

/* The library itself is built with VSL_API_EXPORT; VSL_API_STATIC is for linking it statically. */
#if defined(VSL_API_EXPORT)
#define VSL_API VSL_PUBLIC
#elif defined(VSL_API_STATIC)
#define VSL_API
#else
#define VSL_API VSL_IMPORT
#endif

#if VSL_GCC_VERSION_CHECK(4, 3, 0)
#define VSL_UNAVAILABLE(version) \
  __attribute__((__warning__("Not available before release " #version)))
#else
#define VSL_UNAVAILABLE(version)
#endif

#if VSL_GNUC_VERSION_CHECK(4, 5, 0) || defined(__clang__)
#define VSL_DEPRECATED(version) __attribute__((__deprecated__("Since release " #version)))
#define VSL_DEPRECATED_FOR(version, replacement) \
  __attribute__((__deprecated__("Since release " #version ", use " #replacement)))
#elif VSL_GNUC_VERSION_CHECK(3, 1, 0)
#define VSL_DEPRECATED(version) __attribute__((__deprecated__))
#define VSL_DEPRECATED_FOR(version, replacement) __attribute__((__deprecated__))
#else
#define VSL_DEPRECATED(version)
#define VSL_DEPRECATED_FOR(version, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_1_0
#define VSL_AVAILABLE_SINCE_1_0 VSL_UNAVAILABLE(1.0)
#define VSL_DEPRECATED_SINCE_1_0
#define VSL_DEPRECATED_SINCE_1_0_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_1_0
#define VSL_DEPRECATED_SINCE_1_0 VSL_DEPRECATED(1.0)
#define VSL_DEPRECATED_SINCE_1_0_FOR(replacement) VSL_DEPRECATED_FOR(1.0, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_1_1
#define VSL_AVAILABLE_SINCE_1_1 VSL_UNAVAILABLE(1.1)
#define VSL_DEPRECATED_SINCE_1_1
#define VSL_DEPRECATED_SINCE_1_1_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_1_1
#define VSL_DEPRECATED_SINCE_1_1 VSL_DEPRECATED(1.1)
#define VSL_DEPRECATED_SINCE_1_1_FOR(replacement) VSL_DEPRECATED_FOR(1.1, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_1_2
#define VSL_AVAILABLE_SINCE_1_2 VSL_UNAVAILABLE(1.2)
#define VSL_DEPRECATED_SINCE_1_2
#define VSL_DEPRECATED_SINCE_1_2_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_1_2
#define VSL_DEPRECATED_SINCE_1_2 VSL_DEPRECATED(1.2)
#define VSL_DEPRECATED_SINCE_1_2_FOR(replacement) VSL_DEPRECATED_FOR(1.2, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_1_3
#define VSL_AVAILABLE_SINCE_1_3 VSL_UNAVAILABLE(1.3)
#define VSL_DEPRECATED_SINCE_1_3
#define VSL_DEPRECATED_SINCE_1_3_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_1_3
#define VSL_DEPRECATED_SINCE_1_3 VSL_DEPRECATED(1.3)
#define VSL_DEPRECATED_SINCE_1_3_FOR(replacement) VSL_DEPRECATED_FOR(1.3, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_1_4
#define VSL_AVAILABLE_SINCE_1_4 VSL_UNAVAILABLE(1.4)
#define VSL_DEPRECATED_SINCE_1_4
#define VSL_DEPRECATED_SINCE_1_4_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_1_4
#define VSL_DEPRECATED_SINCE_1_4 VSL_DEPRECATED(1.4)
#define VSL_DEPRECATED_SINCE_1_4_FOR(replacement) VSL_DEPRECATED_FOR(1.4, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_0
#define VSL_AVAILABLE_SINCE_2_0 VSL_UNAVAILABLE(2.0)
#define VSL_DEPRECATED_SINCE_2_0
#define VSL_DEPRECATED_SINCE_2_0_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_2_0
#define VSL_DEPRECATED_SINCE_2_0 VSL_DEPRECATED(2.0)
#define VSL_DEPRECATED_SINCE_2_0_FOR(replacement) VSL_DEPRECATED_FOR(2.0, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_1
#define VSL_AVAILABLE_SINCE_2_1 VSL_UNAVAILABLE(2.1)
#define VSL_DEPRECATED_SINCE_2_1
#define VSL_DEPRECATED_SINCE_2_1_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_2_1
#define VSL_DEPRECATED_SINCE_2_1 VSL_DEPRECATED(2.1)
#define VSL_DEPRECATED_SINCE_2_1_FOR(replacement) VSL_DEPRECATED_FOR(2.1, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_2
#define VSL_AVAILABLE_SINCE_2_2 VSL_UNAVAILABLE(2.2)
#define VSL_DEPRECATED_SINCE_2_2
#define VSL_DEPRECATED_SINCE_2_2_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_2_2
#define VSL_DEPRECATED_SINCE_2_2 VSL_DEPRECATED(2.2)
#define VSL_DEPRECATED_SINCE_2_2_FOR(replacement) VSL_DEPRECATED_FOR(2.2, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_4
#define VSL_AVAILABLE_SINCE_2_4 VSL_UNAVAILABLE(2.4)
#define VSL_DEPRECATED_SINCE_2_4
#define VSL_DEPRECATED_SINCE_2_4_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_2_4
#define VSL_DEPRECATED_SINCE_2_4 VSL_DEPRECATED(2.4)
#define VSL_DEPRECATED_SINCE_2_4_FOR(replacement) VSL_DEPRECATED_FOR(2.4, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_5
#define VSL_AVAILABLE_SINCE_2_5 VSL_UNAVAILABLE(2.5)
#define VSL_DEPRECATED_SINCE_2_5
#define VSL_DEPRECATED_SINCE_2_5_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_2_5
#define VSL_DEPRECATED_SINCE_2_5 VSL_DEPRECATED(2.5)
#define VSL_DEPRECATED_SINCE_2_5_FOR(replacement) VSL_DEPRECATED_FOR(2.5, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_6
#define VSL_AVAILABLE_SINCE_2_6 VSL_UNAVAILABLE(2.6)
#define VSL_DEPRECATED_SINCE_2_6
#define VSL_DEPRECATED_SINCE_2_6_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_2_6
#define VSL_DEPRECATED_SINCE_2_6 VSL_DEPRECATED(2.6)
#define VSL_DEPRECATED_SINCE_2_6_FOR(replacement) VSL_DEPRECATED_FOR(2.6, replacement)
#endif

#if VSL_TARGET_VERSION < VSL_VERSION_2_7
#define VSL_AVAILABLE_SINCE_2_7 VSL_UNAVAILABLE(2.7)
#define VSL_DEPRECATED_SINCE_2_7
#define VSL_DEPRECATED_SINCE_2_7_FOR(replacement)
#else
#define VSL_AVAILABLE_SINCE_2_7
#define VSL_DEPRECATED_SINCE_2_7 VSL_DEPRECATED(2.7)
#define VSL_DEPRECATED_SINCE_2_7_FOR(replacement) VSL_DEPRECATED_FOR(2.7, replacement)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types -----------------------------------------------------------------------------------*/

/** Publishes frames at a socket path. */
typedef struct vsl_host VSLHost;
/** Receives the frames of one host. */
typedef struct vsl_client VSLClient;
/** A picture and the memory it lies in: free-standing, posted to a host, or received by a client.
 */
typedef struct vsl_frame VSLFrame;
/** Turns pictures into H.264 or H.265. */
typedef struct vsl_encoder VSLEncoder;
/** Turns H.264 or H.265 into pictures. */
typedef struct vsl_decoder VSLDecoder;
/** An opened V4L2 capture device. */
typedef struct vsl_camera vsl_camera;
typedef struct vsl_camera VSLCamera;
/** A captured picture, in memory that belongs to the camera. */
typedef struct vsl_camera_buffer vsl_camera_buffer;

/** A format as four characters, the first in the low byte: VSL_FOURCC('N', 'V', '1', '2'). */
#define VSL_FOURCC(a, b, c, d)                                                               \
  ((uint32_t)(uint8_t)(a) | ((uint32_t)(uint8_t)(b) << 8) | ((uint32_t)(uint8_t)(c) << 16) | \
   ((uint32_t)(uint8_t)(d) << 24))

/** x, y, width and height in pixels; x + width and y + height are the first outside. */
typedef struct vsl_rect {
  int x;
  int y;
  int width;
  int height;
} VSLRect;

/**
 * What a frame runs just before it is freed. Getters still work on `frame`. It must not release it.
 * Runs on whichever thread lets the frame go, with no lock held: it may call back into the library.
 */
typedef void (*vsl_frame_cleanup)(VSLFrame* frame);

/** Wanted bit rate of an encoder. */
typedef enum vsl_encode_profile {
  VSL_ENCODE_PROFILE_AUTO = 0,
  VSL_ENCODE_PROFILE_5000_KBPS = 1,
  VSL_ENCODE_PROFILE_25000_KBPS = 2,
  VSL_ENCODE_PROFILE_50000_KBPS = 3,
  VSL_ENCODE_PROFILE_100000_KBPS = 4
} VSLEncoderProfile;

typedef enum { VSL_DEC_H264 = 0, VSL_DEC_HEVC = 1 } VSLDecoderCodec;

/** Who encodes or decodes. AUTO asks VSL_CODEC_BACKEND in the environment, then what there is. */
typedef enum {
  VSL_CODEC_BACKEND_AUTO = 0,
  VSL_CODEC_BACKEND_HANTRO = 1,
  VSL_CODEC_BACKEND_V4L2 = 2,
  VSL_CODEC_BACKEND_SOFTWARE = 3 /**< since 2.7 */
} VSLCodecBackend;

/** What vsl_decode_frame() did: bits, several may be set. */
typedef enum {
  VSL_DEC_SUCCESS = 0x0,   /**< data taken, nothing to show yet */
  VSL_DEC_ERR = 0x1,       /**< failed; see errno */
  VSL_DEC_INIT_INFO = 0x2, /**< the picture size became known or changed */
  VSL_DEC_FRAME_DEC = 0x4  /**< a coded frame was consumed; with V4L2: a picture came out */
} VSLDecoderRetCode;

/* ---- The library -----------------------------------------------------------------------------*/

/** The release of the library in use, such as "2.7.0". Static, never NULL. */
VSL_AVAILABLE_SINCE_1_0
VSL_API const char* vsl_version(void);

/** Now, in ns of CLOCK_MONOTONIC. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int64_t vsl_timestamp(void);

/** Packs a string of exactly four characters; anything else, and NULL, gives 0. errno stays. */
VSL_AVAILABLE_SINCE_1_3
VSL_API uint32_t vsl_fourcc_from_string(const char* fourcc);

/**
 * Says in one sentence what the last failing call of this thread attempted, on what, and why it
 * failed. Empty if none failed. Valid until the thread's next call into the library; never NULL.
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API const char* vsl_last_error(void);

/* ---- Host ------------------------------------------------------------------------------------*/

/**
 * Listens for clients at `path`: a leading '/' means a socket file, anything else is the name of an
 * abstract socket. A socket file that nobody listens at any more is replaced; a file that is no
 * socket is left alone. Clients may map frames writable, as those of release 2.5 and before do.
 * Owns: the caller releases it with vsl_host_release().
 * Errors: EINVAL (NULL or empty path), ENAMETOOLONG (more than 108 bytes), EADDRINUSE (a live host
 * is there), EEXIST (a file that is no socket), ENOMEM, or errno of socket, bind, listen.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API VSLHost* vsl_host_init(const char* path);

/**
 * Tells the clients, releases every posted frame (cleanup callbacks run) whether or not a client
 * holds it, removes the socket file if it is still ours, and frees the host. NULL: nothing. No
 * other call on the host may run meanwhile. Clients keep what they have mapped; vsl_frame_valid()
 * turns 0.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API void vsl_host_release(VSLHost* host);

/** The path as given. Belongs to the host. NULL gives NULL. */
VSL_AVAILABLE_SINCE_1_0
VSL_API const char* vsl_host_path(const VSLHost* host);

/**
 * Waits until a client wants something, at most `wait` milliseconds (0: do not wait, < 0: no limit)
 * and not beyond the time the next frame expires. Serves nobody: that is vsl_host_process().
 * Returns: how many sockets are ready, 0 when there is none. Errors: EINVAL (NULL), EINTR.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_host_poll(VSLHost* host, int64_t wait);

/**
 * Answers at most one message of the client at `sock`, one of vsl_host_sockets(). Accepts nobody,
 * expires nothing. Does not block.
 * Errors: EINVAL (NULL), ENOMSG (nothing to read, or the answer did not fit), ECONNRESET (the
 * client is gone: vsl_host_process() clears up after it), EBADMSG (not a message), EBADF (not a
 * socket of this host), ETIMEDOUT (other threads kept the host for 250 ms), or errno of the socket.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_host_service(VSLHost* host, int sock);

/**
 * One pass of housekeeping: accepts who is waiting, answers clients, lets those go that are gone or
 * misbehave, and recycles frames that expired and are not held. Does not block. vsl_host_post()
 * does the recycling too; a host that rarely posts calls this after vsl_host_poll(). Returns: 0,
 * also when there was nothing to do. Errors: EINVAL (NULL), ETIMEDOUT (as for service).
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_host_process(VSLHost* host);

/**
 * Lists the sockets for a poll loop of the program's own: the listener, then one per client. They
 * belong to the host and change as clients come and go: ask again after each vsl_host_process().
 * `sockets`: room for `n_sockets`, may be NULL to count only; what does not fit is left out.
 * `max_sockets`: becomes how many there are; may be NULL. Errors: EINVAL (NULL host).
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_host_sockets(VSLHost* host, size_t n_sockets, int* sockets, size_t* max_sockets);

/**
 * Publishes a frame to every client, numbers it (serials are 1, 2, 3 …) and stamps it. Waits for
 * nobody. Ends the caller's mapping session (vsl_frame_munmap) so that readers see what was
 * written. `expires`: when it may be recycled at the earliest; 0 = never, < 0 = in the next pass.
 * `duration`, `pts`, `dts`: carried along in ns, -1 = unknown. Owns: on success the host owns the
 * frame and frees it once it expired and no client holds it. Until vsl_host_drop() gives it back
 * only getters may be used on it, while it is known to be alive. On failure it is still the
 * caller's and as it was. Errors: EINVAL (NULL; posted already, here or elsewhere; or a client's
 * frame: post a frame of your own attached to its handle), EBADF (no memory: allocate or attach
 * first), ETIMEDOUT (as for service), ENOBUFS (4096 frames are live), ENOMEM.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_host_post(VSLHost* host, VSLFrame* frame, int64_t expires, int64_t duration,
                          int64_t pts, int64_t dts);

/**
 * Takes a posted frame back at once. The caller owns it again: it may release, rewrite or post it.
 * Clients that hold it keep the mapping, and learn from vsl_frame_valid() that it is not theirs.
 * Errors: EINVAL (NULL), ENOENT (not posted here, or recycled already), ETIMEDOUT (as for service).
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_host_drop(VSLHost* host, VSLFrame* frame);

/* ---- Client ----------------------------------------------------------------------------------*/

/**
 * Connects to the host at `path`. Frames come in order, and the newest one there is comes first; a
 * client more than 128 frames behind skips. vsl_frame_wait() waits up to one second by default.
 * `userptr`: kept for vsl_client_userptr(). `reconnect`: wait here until there is a host, and find
 * it again whenever it went away, with growing pauses of up to 40 ms. As there is no client before
 * this returns, nothing but the arrival of a host (or a signal handler that ends the program) ends
 * that first wait: pass false and retry if that is not wanted. Owns: the caller releases it with
 * vsl_client_release(). Errors: EINVAL (NULL or empty path), ENAMETOOLONG, ECONNREFUSED (no host,
 * or none we may reach; without `reconnect`), EPERM (the host does not want this user, or runs as
 * another one that was not expected: see vsl_client_connect()), ENOMEM.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API VSLClient* vsl_client_init(const char* path, void* userptr, bool reconnect);

/** In VSLClientOptions.host_uids: whoever listens at the path. */
#define VSL_ANY_USER ((uint32_t)-1)

/** What is done with frames in memory that their host could truncate while they are read. */
typedef enum vsl_may_fault {
  VSL_MAY_FAULT_AUTO = 0,   /**< accept those of hosts of our own user and of root */
  VSL_MAY_FAULT_REFUSE = 1, /**< skip them */
  VSL_MAY_FAULT_ACCEPT = 2  /**< accept those of every host; it can end us with SIGBUS */
} VSLMayFault;

/** What a client expects of its host. All zero but for `size`: what vsl_client_init() expects. */
typedef struct vsl_client_options {
  size_t size;               /**< set it to sizeof(VSLClientOptions) */
  const uint32_t* host_uids; /**< who may be the host, by the credentials of who listens there */
  size_t host_uid_count;     /**< 0: our own user and root alone */
  VSLMayFault may_fault;
  uint32_t reserved;
} VSLClientOptions;

/**
 * Connects as vsl_client_init() does, to a host of the users that `options` allow.
 * vsl_client_init() takes them from VSL_HOST_USER in the environment, names or numbers with commas
 * between, or "any"; without it, its host is of our own user or root. Errors: EINVAL (no options,
 * or what they cannot be), EPERM (the host is another user's; vsl_last_error() says whose), and
 * those of vsl_client_init().
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API VSLClient* vsl_client_connect(const char* path, void* userptr, bool reconnect,
                                      const VSLClientOptions* options);

/**
 * Disconnects and frees the client. NULL: nothing. No other call on it may run meanwhile. Frames
 * from it stay readable memory and are still to be released; they are no longer locked.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API void vsl_client_release(VSLClient* client);

/**
 * Ends the wait of another thread in vsl_frame_wait(), and every later one, with NULL; no reconnect
 * follows. Any thread, but not a signal handler. Frames stay as they are. NULL sets EINVAL.
 */
VSL_AVAILABLE_SINCE_1_1
VSL_API void vsl_client_disconnect(VSLClient* client);

/** The pointer given at init; NULL for NULL, with EINVAL. */
VSL_AVAILABLE_SINCE_1_0
VSL_API void* vsl_client_userptr(VSLClient* client);

/** The path as given at init, owned by the client; NULL for NULL. */
VSL_AVAILABLE_SINCE_1_0
VSL_API const char* vsl_client_path(const VSLClient* client);

/** How long vsl_frame_wait() waits, in seconds: 0 = not at all, negative = the default of 1.0. */
VSL_AVAILABLE_SINCE_1_0
VSL_API void vsl_client_set_timeout(VSLClient* client, float timeout);

/** What a client saw, and why it did not see the rest. Counts since vsl_client_init(). */
typedef struct vsl_client_statistics {
  size_t size;             /**< set it to sizeof(VSLClientStats) before the call */
  uint64_t delivered;      /**< frames returned by vsl_frame_wait() */
  uint64_t skipped;        /**< serials never returned, all reasons together */
  uint64_t lapped;         /**< … we were too far behind */
  uint64_t gone;           /**< … recycled before we could hold them */
  uint64_t no_lease;       /**< … we held as many frames as we may */
  uint64_t unknown_buffer; /**< … their memory had not arrived */
  uint64_t reconnects;     /**< times the host was found again */
  uint64_t fds_received;   /**< descriptors; constant while the producer's buffers are the same */
  uint64_t maps;           /**< mappings made; constant likewise */
  uint64_t epoch;          /**< of the host's life; 0 for a host of release 2.5 and before */
  uint32_t wire_version;   /**< 2, 1, or 0 while not connected */
  uint32_t reserved;
  uint64_t refused; /**< … of those skipped: their memory could be truncated under us */
} VSLClientStats;

/**
 * Fills as much of `stats` as its `size` has room for; call it from the thread that waits.
 * Errors: EINVAL (NULL, or a size that cannot be).
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_client_stats(const VSLClient* client, VSLClientStats* stats);

/* ---- Frame: life -----------------------------------------------------------------------------*/

/**
 * In one step vsl_frame_init() with stride 0, vsl_frame_attach() and vsl_host_post(). `serial` is
 * not used. Returns the frame, owned by the host, or NULL and the errno of the step that failed.
 * When attach or post fails the cleanup callback has run; when init fails it has not.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_DEPRECATED_SINCE_1_3_FOR(vsl_host_post)
VSL_API VSLFrame* vsl_frame_register(VSLHost* host, int64_t serial, int handle, int width,
                                     int height, uint32_t fourcc, size_t size, size_t offset,
                                     int64_t expires, int64_t duration, int64_t pts, int64_t dts,
                                     vsl_frame_cleanup cleanup, void* userptr);

/** The old name of vsl_frame_release(). */
VSL_AVAILABLE_SINCE_1_0
VSL_DEPRECATED_SINCE_1_3_FOR(vsl_frame_release)
VSL_API void vsl_frame_unregister(VSLFrame* frame);

/**
 * Describes a picture that has no memory yet: vsl_frame_alloc() or vsl_frame_attach() gives it
 * some. `stride`: bytes from one row of the first plane to the next, or 0 for a picture without
 * padding. In that case vsl_frame_stride() returns, as ever, the bytes of a row summed over the
 * planes: 1.5 × width for NV12. `cleanup`: runs when the frame is freed, may be NULL. Owns: the
 * caller releases it, until it is posted. Errors: EINVAL (zero width, height or fourcc), ENOTSUP
 * (stride 0 and a fourcc whose rows we do not know, such as coded formats), ENOMEM.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API VSLFrame* vsl_frame_init(uint32_t width, uint32_t height, uint32_t stride, uint32_t fourcc,
                                 void* userptr, vsl_frame_cleanup cleanup);

/**
 * Gives the frame new memory of the size of its picture; memory it had is let go first.
 * `path`: NULL takes the first dma-heap that has memory (linux,cma, linux,cma-uncached, reserved,
 * system) and shared memory without a name if none has; "/dev/…" is that dma-heap; anything else a
 * POSIX shared memory object of that name (mode 0660), removed again with the memory. The size is
 * that of the picture with all its planes, with the frame's own stride where that is the larger
 * one. Errors: EINVAL (NULL; or a frame that is posted or a client's), ENOTSUP (size unknown), or
 * errno of the allocator.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_frame_alloc(VSLFrame* frame, const char* path);

/**
 * Lets the frame's memory go and keeps its description. A descriptor that was attached to a frame
 * with a cleanup callback stays open for the callback to close; all others are closed. A client's
 * frame gives its hold back. NULL, and a posted frame: nothing.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API void vsl_frame_unalloc(VSLFrame* frame);

/**
 * Gives the frame memory that exists: dma-buf, memfd, shared memory. Memory it had is let go first.
 * Owns: `fd` is duplicated (close-on-exec) and stays the caller's. The duplicate,
 * vsl_frame_handle(), is closed with the frame; if the frame has a cleanup callback, the callback
 * has to close it. `size`: bytes of picture, 0 = computed as by vsl_frame_alloc(). `offset`: where
 * it begins in the memory, in bytes of any alignment. Errors: EINVAL (NULL; posted or a client's
 * frame; not memory, or not that large), EBADF (fd ≤ 0 or not open), ENOTSUP (size 0 and not
 * computable), EMFILE.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_frame_attach(VSLFrame* frame, int fd, size_t size, size_t offset);

/**
 * Ends a frame: unlocks it, takes it back from its host if posted, lets its memory go, runs the
 * cleanup callback, frees it. Never waits for the other side. NULL: nothing, but EINVAL; otherwise
 * errno is 0.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API void vsl_frame_release(VSLFrame* frame);

/* ---- Frame: receiving ------------------------------------------------------------------------*/

/**
 * Waits for the next frame, in order, as long as vsl_client_set_timeout() says. `until`: if not 0,
 * frames published before that time are passed over. The host keeps the frame for us until the next
 * vsl_frame_wait() on this client, until it is released, or, once locked, until it is unlocked.
 * After that its memory may hold a newer picture. Owns: the caller releases the frame; cheaply:
 * nothing is allocated, mapped or sent per frame. Errors: EINVAL (NULL), ETIMEDOUT, ECONNRESET (the
 * host is gone, and no reconnect), ECANCELED (after vsl_client_disconnect()), EMFILE (20 frames are
 * locked), EPERM (the host's policy, or used after fork).
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API VSLFrame* vsl_frame_wait(VSLClient* client, int64_t until);

/**
 * Keeps a received frame beyond the next wait. Counts: as many vsl_frame_unlock() end it. A frame
 * of one's own, posted or not, needs no lock: that succeeds and does nothing. Asks nobody and does
 * not block, unless the host is of release 2.5: that is asked, for up to a second. Errors: EINVAL
 * (NULL; or its client was released), EEXIST (the host has recycled it), EMFILE (20 frames of this
 * client are locked), ETIMEDOUT (a host of release 2.5 did not answer).
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_frame_trylock(VSLFrame* frame);

/**
 * Takes one lock back; with the last one the mapping session ends and the host may recycle the
 * frame. Never blocks. Returns 0 also for frames that were not locked. Errors: EINVAL (NULL),
 * EEXIST (with the last lock: the frame had been taken back before, so what was read since may be
 * another picture).
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_frame_unlock(VSLFrame* frame);

/**
 * 1 while the memory surely holds this picture: always for a frame of one's own with memory; for a
 * received one while we hold it and the host did not take it back. 0 otherwise. Asked after the
 * last pixel was read it proves that all were of this picture. NULL: 0 and EINVAL.
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_frame_valid(const VSLFrame* frame);

/* ---- Frame: description. NULL gives 0 and leaves errno alone ---------------------------------*/

/** Number of the frame in its host's life; 0 = never posted. Gaps are frames not received. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int64_t vsl_frame_serial(const VSLFrame* frame);
/** When it was posted. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int64_t vsl_frame_timestamp(const VSLFrame* frame);
/** Its duration in ns, as posted. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int64_t vsl_frame_duration(const VSLFrame* frame);
/** Its presentation time in ns, as posted. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int64_t vsl_frame_pts(const VSLFrame* frame);
/** Its decoding time in ns, as posted. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int64_t vsl_frame_dts(const VSLFrame* frame);
/** When it expires, as posted; 0 = never. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int64_t vsl_frame_expires(const VSLFrame* frame);
/** Its format. */
VSL_AVAILABLE_SINCE_1_0
VSL_API uint32_t vsl_frame_fourcc(const VSLFrame* frame);
/** Pixels in a row. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_frame_width(const VSLFrame* frame);
/** Rows. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_frame_height(const VSLFrame* frame);
/**
 * The stride the producer gave; if it gave none, the bytes of one row summed over all planes.
 * vsl_frame_plane_stride() has the true one in either case.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_frame_stride(const VSLFrame* frame);
/** Bytes of picture, or of coded data, behind vsl_frame_mmap(); 0 without memory. */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_frame_size(const VSLFrame* frame);

/** How many planes (1 to 4) the picture has; 0 without memory or for NULL. */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_frame_plane_count(const VSLFrame* frame);
/** Bytes from one row of a plane to the next; 0 for coded data. -1 and EINVAL: no such plane. */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_frame_plane_stride(const VSLFrame* frame, int plane);
/**
 * Where a plane begins, in bytes from the start of the memory that vsl_frame_plane_handle() names.
 * For planes of one memory differences count from vsl_frame_mmap(), where the first of them begins.
 * -1 and EINVAL: no such plane.
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API int64_t vsl_frame_plane_offset(const VSLFrame* frame, int plane);
/** The descriptor of the memory a plane lies in, borrowed. -1 and EINVAL: no such plane. */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_frame_plane_handle(const VSLFrame* frame, int plane);

/**
 * The descriptor of the frame's memory, or -1. Borrowed: do not close it (but see
 * vsl_frame_attach()). A received frame's is that of the producer's buffer, the same each time the
 * buffer comes round; it is open while a frame of that buffer is not released. NULL: -1 and EINVAL.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API int vsl_frame_handle(const VSLFrame* frame);

/**
 * The dma-heap or shared memory name the memory came from, else NULL. Belongs to the frame, until
 * its memory is let go. NULL: NULL and EINVAL.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API const char* vsl_frame_path(const VSLFrame* frame);

/** The program's own pointer; NULL for NULL. */
VSL_AVAILABLE_SINCE_1_0
VSL_API void* vsl_frame_userptr(VSLFrame* frame);
/** Replaces it. Frames made by a codec keep their own business elsewhere: it is the program's there
 * too. */
VSL_AVAILABLE_SINCE_1_0
VSL_API void vsl_frame_set_userptr(VSLFrame* frame, void* userptr);

/* ---- Frame: memory ---------------------------------------------------------------------------*/

/**
 * The picture in memory, `*size` (may be NULL) bytes of it. Opens a CPU access session if the
 * memory is a dma-buf. The same pointer until the memory is let go; memory is mapped once, not per
 * frame. Writable, unless the memory is not: that of a host which publishes read-only maps
 * read-only, and writing to it is a SIGSEGV. NULL and errno: ENOMEM, EACCES, or what mmap said;
 * EBADF without memory. NULL frame: NULL, errno stays.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API void* vsl_frame_mmap(VSLFrame* frame, size_t* size);

/** Ends the CPU access session; the pointer must not be used any more. NULL or not mapped: nothing.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API void vsl_frame_munmap(VSLFrame* frame);

/**
 * Begins (`enable` not 0) or ends a CPU access session by hand, as vsl_frame_mmap() and munmap do
 * by themselves. `mode`: O_RDONLY, O_WRONLY or O_RDWR. For any dma-buf, whoever allocated it; other
 * memory needs none and succeeds. Errors: EINVAL (NULL or no memory), or errno of the ioctl.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_frame_sync(const VSLFrame* frame, int enable, int mode);

/**
 * The physical address of the frame's memory where the kernel tells it (some vendors' do), else -1.
 * Always -1 for received frames. NULL: -1.
 */
VSL_AVAILABLE_SINCE_1_0
VSL_API intptr_t vsl_frame_paddr(VSLFrame* frame);

/**
 * Copies `crop` of `source` (NULL: all of it) into `target`, scaled and converted to its size and
 * format. Returns: bytes written, the size of the target. Errors: EINVAL (NULL; no memory; a crop
 * that is empty or outside the source; source and target in the same memory), EACCES (the target is
 * posted, received or read-only), ENOTSUP (no converter for this pair in this installation).
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_frame_copy(VSLFrame* target, VSLFrame* source, const VSLRect* crop);

/* ---- Encoder ---------------------------------------------------------------------------------*/

/** As vsl_encoder_create_ex() with VSL_CODEC_BACKEND_AUTO. */
VSL_AVAILABLE_SINCE_1_3
VSL_API VSLEncoder* vsl_encoder_create(VSLEncoderProfile profile, uint32_t outputFourcc, int fps);

/**
 * Opens an encoder. `outputFourcc`: H264 or HEVC. `fps`: frames a second; also the distance of key
 * frames. Owns: the caller releases it. Errors: ENODEV (nothing here encodes that), ENOTSUP (no
 * such backend in this installation), ENOENT (vendor library missing), or errno of the device.
 */
VSL_AVAILABLE_SINCE_2_0
VSL_API VSLEncoder* vsl_encoder_create_ex(VSLEncoderProfile profile, uint32_t outputFourcc, int fps,
                                          VSLCodecBackend backend);

/** Closes an encoder; frames still inside are lost. NULL: nothing. */
VSL_AVAILABLE_SINCE_1_3
VSL_API void vsl_encoder_release(VSLEncoder* encoder);

/**
 * Encodes `source`, or its `cropRegion` (may be NULL), into `destination`, whose size becomes that
 * of the coded data. `keyframe` (may be NULL): whether decoding can start here; written when there
 * was output. Blocks up to a second. Returns: bytes of coded data, 0 = taken but nothing came out
 * yet. Errors: EINVAL (NULL; or the format changed), ENOTSUP, or errno of the device.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_encode_frame(VSLEncoder* encoder, VSLFrame* source, VSLFrame* destination,
                             const VSLRect* cropRegion, int* keyframe);

/**
 * A frame to encode into, with memory for coded data and the given times (ns).
 * Owns: the caller releases it. Errors: EINVAL (NULL), ENOMEM.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API VSLFrame* vsl_encoder_new_output_frame(const VSLEncoder* encoder, int width, int height,
                                               int64_t duration, int64_t pts, int64_t dts);

/** How an encoder spends bits. */
typedef enum {
  VSL_RATE_VARIABLE_BITRATE = 0, /**< `bitrate` on average */
  VSL_RATE_CONSTANT_BITRATE = 1, /**< `bitrate`, with less than a second of it as leeway */
  VSL_RATE_CONSTANT_QP = 2       /**< `qp`, whatever bits that takes */
} VSLRateControl;

/** What is wanted of an encoder. Zero what is left to it; `size` and `codec` are needed. */
typedef struct vsl_encoder_options {
  size_t size;    /**< set it to sizeof(VSLEncoderOptions) */
  uint32_t codec; /**< fourcc: H264 or HEVC */
  VSLRateControl rate_control;
  uint64_t bitrate;          /**< bits a second, exactly; 0 = by size and frame rate */
  uint32_t qp;               /**< for VSL_RATE_CONSTANT_QP: 0 to 51 */
  uint32_t rate_numerator;   /**< pictures in a second; 0 = 30 */
  uint32_t rate_denominator; /**< 0 = 1 */
  uint32_t gop;              /**< pictures from key frame to key frame; 0 = those of a second */
  uint32_t b_frames;         /**< at most so many in a row */
  uint32_t look_ahead;       /**< not 0: packets may come late, if pictures are better for it */
  const char* profile;       /**< "baseline", "main", "high" …; NULL: the encoder's */
  const char* level;         /**< "4.1"; NULL: by size, rate and bitrate */
  VSLCodecBackend backend;
  uint32_t reserved;
} VSLEncoderOptions;

/**
 * Opens an encoder with options. Owns: the caller releases it. Errors: EINVAL (NULL, a size that
 * cannot be, an option out of range), and those of vsl_encoder_create_ex().
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API VSLEncoder* vsl_encoder_create_options(const VSLEncoderOptions* options);

/** Makes the next picture a key frame. Errors: EINVAL (NULL). */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_encoder_force_key_frame(VSLEncoder* encoder);

/**
 * Says that no picture follows, so that vsl_encoder_next_packet() gives what is left. Errors:
 * EINVAL (NULL), errno of the device.
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_encoder_drain(VSLEncoder* encoder);

/** Forgets what is inside, also that it was drained; the next picture is a key frame. */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_encoder_flush(VSLEncoder* encoder);

/**
 * A packet that is ready, without another picture; its times become those of `destination`.
 * Returns and errors: as vsl_encode_frame().
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_encoder_next_packet(VSLEncoder* encoder, VSLFrame* destination, int* keyframe);

/** Who encodes: "software: libx264". Lives as long as the encoder. NULL: EINVAL. */
VSL_AVAILABLE_SINCE_2_7
VSL_API const char* vsl_encoder_backend_name(VSLEncoder* encoder);

/**
 * SPS and PPS (and VPS) in Annex B, which stand before key frames, too. NULL and `*size` 0 before
 * the first packet. Good until the next packet.
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API const void* vsl_encoder_parameter_sets(const VSLEncoder* encoder, size_t* size);

/**
 * Whether `codec` can be encoded (`encode` not 0) or decoded here, by `backend` or, with AUTO, by
 * anybody. Returns: 1 or 0; vsl_last_error() says who does what instead.
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_codec_available(uint32_t codec, int encode, VSLCodecBackend backend);

/* ---- Decoder ---------------------------------------------------------------------------------*/

/** As vsl_decoder_create_ex() with the codec's fourcc and VSL_CODEC_BACKEND_AUTO. Errors: also
 * EINVAL. */
VSL_AVAILABLE_SINCE_1_4
VSL_API VSLDecoder* vsl_decoder_create(VSLDecoderCodec codec, int fps);

/**
 * Opens a decoder. `codec`: the fourcc H264 or HEVC. `fps`: a hint.
 * Owns: the caller releases it. Errors: EINVAL (other fourcc), and those of
 * vsl_encoder_create_ex().
 */
VSL_AVAILABLE_SINCE_2_0
VSL_API VSLDecoder* vsl_decoder_create_ex(uint32_t codec, int fps, VSLCodecBackend backend);

/**
 * Feeds coded data (Annex B, best one access unit a call). `*bytes_used`: how much of it was taken,
 * may be 0: offer it again. `*output_frame`: a picture that came out, or NULL; the caller releases
 * it. Returns: bits of VSLDecoderRetCode. With VSL_DEC_ERR errno is set: EINVAL (NULL), or the
 * device's.
 */
VSL_AVAILABLE_SINCE_1_4
VSL_API VSLDecoderRetCode vsl_decode_frame(VSLDecoder* decoder, const void* data,
                                           unsigned int data_length, size_t* bytes_used,
                                           VSLFrame** output_frame);

/** Width of the coded pictures, alignment included; 0 for NULL or not known yet. */
VSL_AVAILABLE_SINCE_1_4
VSL_API int vsl_decoder_width(const VSLDecoder* decoder);
/** Height of the coded pictures, alignment included; 0 for NULL or not known yet. */
VSL_AVAILABLE_SINCE_1_4
VSL_API int vsl_decoder_height(const VSLDecoder* decoder);
/** The part of the pictures to show; all zero for NULL or not known yet. */
VSL_AVAILABLE_SINCE_1_4
VSL_API VSLRect vsl_decoder_crop(const VSLDecoder* decoder);
/**
 * Says that no data follows: vsl_decode_frame() with no data then gives a picture a call until
 * there is none. Errors: EINVAL (NULL).
 */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_decoder_drain(VSLDecoder* decoder);
/** Forgets everything, to go on elsewhere in the stream. Errors: EINVAL (NULL), or the device's. */
VSL_AVAILABLE_SINCE_2_7
VSL_API int vsl_decoder_flush(VSLDecoder* decoder);
/** Who decodes: "software: h264". Lives as long as the decoder. NULL: EINVAL. */
VSL_AVAILABLE_SINCE_2_7
VSL_API const char* vsl_decoder_backend_name(VSLDecoder* decoder);
/** Closes a decoder. Returns 0, also for NULL. Not 0: the vendor library failed to close. */
VSL_AVAILABLE_SINCE_1_4
VSL_API int vsl_decoder_release(VSLDecoder* decoder);

/* ---- Camera ----------------------------------------------------------------------------------*/

/**
 * Opens a V4L2 capture device, for us alone. Owns: the caller closes it with
 * vsl_camera_close_device(). Errors: EWOULDBLOCK (another program has it), ENOTSUP, or errno of
 * stat and open.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API vsl_camera* vsl_camera_open_device(const char* filename);

/**
 * Agrees with the driver on a format and sets up buffers. In: what is wanted, 0 = the driver's
 * choice; out: what was agreed. All pointers are needed. Errors: EINVAL, or errno of the ioctl that
 * failed.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_init_device(vsl_camera* ctx, int* width, int* height, int* buf_count,
                                   uint32_t* fourcc);

/** Mirrors left and right. Errors: errno of the control; ENOTSUP where there is none. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_mirror(const vsl_camera* ctx, bool mirror);
/** Mirrors top and bottom. Errors: as vsl_camera_mirror(). */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_mirror_v(const vsl_camera* ctx, bool mirror);
/** Queues every buffer and starts the stream. Errors: errno of the ioctl. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_start_capturing(vsl_camera* ctx);

/**
 * Waits up to two seconds for a picture. Owns: it stays the camera's; hand it back with
 * vsl_camera_release_buffer(). Errors: ETIMEDOUT, ENODEV (unplugged), or errno of the ioctl.
 */
VSL_AVAILABLE_SINCE_1_3
VSL_API vsl_camera_buffer* vsl_camera_get_data(vsl_camera* ctx);

/** Gives a buffer back to the driver; any thread. Errors: errno of the ioctl. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_release_buffer(vsl_camera* ctx, const vsl_camera_buffer* buffer);
/** Stops the stream. Errors: errno of the ioctl. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_stop_capturing(const vsl_camera* ctx);
/** Frees the buffers; after stopping. */
VSL_AVAILABLE_SINCE_1_3
VSL_API void vsl_camera_uninit_device(vsl_camera* ctx);
/** Closes the device and frees `ctx`. */
VSL_AVAILABLE_SINCE_1_3
VSL_API void vsl_camera_close_device(vsl_camera* ctx);
/** 1 if buffers can be shared as dma-bufs or by physical address, else 0. After init. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_is_dmabuf_supported(const vsl_camera* ctx);
/** How many buffers the driver has now. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_get_queued_buf_count(const vsl_camera* ctx);

/** V4L2_COLORSPACE_* of the agreed format; 0 = unknown, or NULL. */
VSL_AVAILABLE_SINCE_2_5
VSL_API uint32_t vsl_camera_color_space(const vsl_camera* ctx);
/** V4L2_XFER_FUNC_* of the agreed format; 0 = unknown, or NULL. */
VSL_AVAILABLE_SINCE_2_5
VSL_API uint32_t vsl_camera_color_transfer(const vsl_camera* ctx);
/** V4L2_YCBCR_ENC_* of the agreed format; 0 = unknown, or NULL. */
VSL_AVAILABLE_SINCE_2_5
VSL_API uint32_t vsl_camera_color_encoding(const vsl_camera* ctx);
/** V4L2_QUANTIZATION_* of the agreed format; 0 = unknown, or NULL. */
VSL_AVAILABLE_SINCE_2_5
VSL_API uint32_t vsl_camera_color_range(const vsl_camera* ctx);

/** The picture in memory; NULL if it is not mapped. */
VSL_AVAILABLE_SINCE_1_3
VSL_API void* vsl_camera_buffer_mmap(vsl_camera_buffer* buffer);
/** The dma-buf of the picture, borrowed; -1 if there is none. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_buffer_dma_fd(const vsl_camera_buffer* buffer);
/** Its physical address; 0 if not known. */
VSL_AVAILABLE_SINCE_1_3
VSL_API uint64_t vsl_camera_buffer_phys_addr(const vsl_camera_buffer* buffer);
/** Bytes of memory of the first plane. */
VSL_AVAILABLE_SINCE_1_3
VSL_API uint32_t vsl_camera_buffer_length(const vsl_camera_buffer* buffer);
/** Its format. */
VSL_AVAILABLE_SINCE_1_3
VSL_API uint32_t vsl_camera_buffer_fourcc(const vsl_camera_buffer* buffer);
/** Bytes from one row of the first plane to the next; 0 for NULL. */
VSL_AVAILABLE_SINCE_2_4
VSL_API uint32_t vsl_camera_buffer_bytes_per_line(const vsl_camera_buffer* buffer);
/** The driver's count of pictures, which wraps; gaps are pictures it dropped. 0 for NULL. */
VSL_AVAILABLE_SINCE_2_5
VSL_API uint32_t vsl_camera_buffer_sequence(const vsl_camera_buffer* buffer);
/** When the driver took the picture, as seconds and the nanoseconds within; either may be NULL. */
VSL_AVAILABLE_SINCE_1_3
VSL_API void vsl_camera_buffer_timestamp(const vsl_camera_buffer* buffer, int64_t* seconds,
                                         int64_t* nanoseconds);
/** The flags that the driver set when the buffer was dequeued, V4L2_BUF_FLAG_* of
    <linux/videodev2.h>: whether it is damaged (ERROR), which clock its timestamp is of
    (TIMESTAMP_MASK) and at which end of the exposure it was taken (TSTAMP_SRC_MASK). 0 for NULL. */
VSL_AVAILABLE_SINCE_2_6
VSL_API uint32_t vsl_camera_buffer_flags(const vsl_camera_buffer* buffer);

/** Writes up to `size` fourccs the device captures, in its order. Returns: how many. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_enum_fmts(const vsl_camera* ctx, uint32_t* codes, int size);
/** The same for the multi-planar kind of capture. */
VSL_AVAILABLE_SINCE_1_3
VSL_API int vsl_camera_enum_mplane_fmts(const vsl_camera* ctx, uint32_t* codes, int size);

/* ---- V4L2 devices ----------------------------------------------------------------------------*/

#define VSL_V4L2_MAX_FORMATS 64
#define VSL_V4L2_MAX_RESOLUTIONS 32
#define VSL_V4L2_MAX_FRAMERATES 16

/** What a device is for: bits. */
typedef enum {
  VSL_V4L2_TYPE_CAMERA = 0x01,
  VSL_V4L2_TYPE_OUTPUT = 0x02,
  VSL_V4L2_TYPE_ENCODER = 0x04,
  VSL_V4L2_TYPE_DECODER = 0x08,
  VSL_V4L2_TYPE_ISP = 0x10,
  VSL_V4L2_TYPE_M2M = 0x20,
  VSL_V4L2_TYPE_ANY = 0xFF
} VSLDeviceType;

/** Where the buffers of a device may lie: bits. */
typedef enum {
  VSL_V4L2_MEM_MMAP = 1,
  VSL_V4L2_MEM_USERPTR = 2,
  VSL_V4L2_MEM_DMABUF = 4
} VSLMemoryType;

/** Time from one picture to the next, as a fraction of a second: 1/30 at 30 pictures a second. */
typedef struct {
  uint32_t numerator;
  uint32_t denominator;
} VSLFrameRate;

typedef struct {
  uint32_t width;
  uint32_t height;
  VSLFrameRate frame_rates[VSL_V4L2_MAX_FRAMERATES];
  size_t num_frame_rates;
} VSLResolution;

typedef struct {
  uint32_t fourcc;
  char description[32];
  uint32_t flags; /**< V4L2_FMT_FLAG_* */
  bool compressed;
  VSLResolution* resolutions; /**< as vsl_v4l2_enum_resolutions(); NULL: the driver lists none */
  size_t num_resolutions;
} VSLFormat;

typedef struct {
  char path[64];
  char driver[32];
  char card[32];
  char bus_info[64];
  uint32_t caps; /**< V4L2_CAP_* of the node */
  VSLDeviceType device_type;
  VSLMemoryType capture_mem;
  VSLMemoryType output_mem;
  bool multiplanar;
  VSLFormat* capture_formats;
  size_t num_capture_formats;
  VSLFormat* output_formats;
  size_t num_output_formats;
} VSLDevice;

typedef struct {
  VSLDevice* devices;
  size_t count;
} VSLDeviceList;

/* Discovery changes nothing on a device and disturbs nobody who uses it. What the driver has beyond
 * VSL_V4L2_MAX_* is not listed, text that does not fit is cut. */

/** As vsl_v4l2_enumerate_type(VSL_V4L2_TYPE_ANY). */
VSL_AVAILABLE_SINCE_2_2
VSL_API VSLDeviceList* vsl_v4l2_enumerate(void);

/**
 * Lists the V4L2 devices of certain types in the order of their numbers: video2 before video10. A
 * machine without any gives an empty list; devices that cannot be opened are left out. Owns: the
 * caller frees it with vsl_v4l2_device_list_free(). Errors: ENOMEM, or errno of reading /dev.
 */
VSL_AVAILABLE_SINCE_2_2
VSL_API VSLDeviceList* vsl_v4l2_enumerate_type(VSLDeviceType type_mask);

/** Frees a list with all in it. NULL: nothing. */
VSL_AVAILABLE_SINCE_2_2
VSL_API void vsl_v4l2_device_list_free(VSLDeviceList* list);

/** Path of the first device that encodes to this format, or NULL (ENODEV). Kept per thread. */
VSL_AVAILABLE_SINCE_2_2
VSL_API const char* vsl_v4l2_find_encoder(uint32_t codec_fourcc);
/** Path of the first device that decodes this format, or NULL (ENODEV). Kept per thread. */
VSL_AVAILABLE_SINCE_2_2
VSL_API const char* vsl_v4l2_find_decoder(uint32_t codec_fourcc);
/** Path of the first camera with this format (V4L2's code, or one whose bytes are the same; 0:
 * any), or NULL (ENODEV). Kept per thread. */
VSL_AVAILABLE_SINCE_2_2
VSL_API const char* vsl_v4l2_find_camera(uint32_t format_fourcc);
/** The same, of this size too; 0 and 0: any. */
VSL_AVAILABLE_SINCE_2_2
VSL_API const char* vsl_v4l2_find_camera_with_resolution(uint32_t format_fourcc, uint32_t width,
                                                         uint32_t height);

/** Asks the device at `device->path` again and replaces both lists of formats; when that fails they
 * stay. Errors: EINVAL (NULL, no path), ENOTSUP (no video device), or errno of open. */
VSL_AVAILABLE_SINCE_2_2
VSL_API int vsl_v4l2_device_enum_formats(VSLDevice* device);

/**
 * The sizes of one capture format; for a range its smallest and its largest, the latter with the
 * intervals, and for a range of intervals the shortest and the longest. Owns: the caller passes it
 * to free(). NULL and `*count` 0: none. Errors: EINVAL (NULL, no path), ENOTSUP (no video device),
 * or errno of open.
 */
VSL_AVAILABLE_SINCE_2_2
VSL_API VSLResolution* vsl_v4l2_enum_resolutions(const VSLDevice* device, uint32_t fourcc,
                                                 size_t* count);

/** Whether a format is among those a device captures, or (`capture` false) takes. NULL: false. */
VSL_AVAILABLE_SINCE_2_2
VSL_API bool vsl_v4l2_device_supports_format(const VSLDevice* device, uint32_t fourcc,
                                             bool capture);

/**
 * Memory from the first dma-heap that has some (linux,cma-uncached; linux,cma; system), mapped;
 * `*dma_fd` becomes its descriptor, -1 on failure. Owns: the caller frees it with
 * vsl_v4l2_free_userptr(). Errors: EINVAL (size 0, NULL), or errno of the heap.
 */
VSL_AVAILABLE_SINCE_2_2
VSL_API void* vsl_v4l2_alloc_userptr(size_t size, int* dma_fd);
/** Unmaps `ptr` (may be NULL) and closes `dma_fd` (may be -1). */
VSL_AVAILABLE_SINCE_2_2
VSL_API void vsl_v4l2_free_userptr(void* ptr, size_t size, int dma_fd);

/** "Camera", "Output", "Encoder", "Decoder", "ISP", "M2M"; "Unknown" for anything else. Static. */
VSL_AVAILABLE_SINCE_2_2
VSL_API const char* vsl_v4l2_device_type_name(VSLDeviceType type);
/** Whether a format is coded: MJPG JPEG H264 AVC1 M264 HEVC VP80 VP90 MPG1 MPG2 MPG4. */
VSL_AVAILABLE_SINCE_2_2
VSL_API bool vsl_v4l2_is_compressed_format(uint32_t fourcc);
/** Writes the four characters, as they are, and a NUL to `buf`, and returns it. */
VSL_AVAILABLE_SINCE_2_2
VSL_API char* vsl_v4l2_fourcc_to_string(uint32_t fourcc, char buf[5]);

#ifdef __cplusplus
}
#endif

#endif /* VIDEOSTREAM_H */
