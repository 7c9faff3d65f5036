/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The VideoStream authors */
/* Every number that programs compiled against release 2.5 carry in them. LP64. */
#include <stddef.h>

#include "videostream.h"

#if !defined(VSL_VERSION_1_0) || !defined(VSL_VERSION_1_1) || !defined(VSL_VERSION_1_2) || \
    !defined(VSL_VERSION_1_3) || !defined(VSL_VERSION_1_4) || !defined(VSL_VERSION_2_0) || \
    !defined(VSL_VERSION_2_1) || !defined(VSL_VERSION_2_2) || !defined(VSL_VERSION_2_4) || \
    !defined(VSL_VERSION_2_5) || !defined(VSL_VERSION_2_6) || !defined(VSL_VERSION_2_7)
#error "a version macro is missing"
#endif
#if !defined(VSL_API) || !defined(VSL_PUBLIC) || !defined(VSL_PRIVATE) || !defined(VSL_IMPORT) || \
    !defined(VSL_WARN_UNUSED_RESULT) || !defined(VSL_UNAVAILABLE) || !defined(VSL_DEPRECATED) ||  \
    !defined(VSL_DEPRECATED_FOR) || !defined(VSL_GNUC_VERSION_CHECK) ||                           \
    !defined(VSL_GCC_VERSION_CHECK) || !defined(VSL_ARM_VERSION_CHECK) ||                         \
    !defined(VSL_IAR_VERSION_CHECK)
#error "a macro of release 2.5 is missing"
#endif
#if VSL_TARGET_VERSION != VSL_VERSION_2_2
#error "the default target is part of what programs are compiled with"
#endif

#define CHECK(what) VSL_STATIC_ASSERT(what, #what)
#define FIELD(type, field, offset) CHECK(offsetof(type, field) == (offset))
#define SIZE(type, size, align)  \
  CHECK(sizeof(type) == (size)); \
  CHECK(_Alignof(type) == (align))

CHECK(sizeof(void*) == 8 && sizeof(long) == 8);

CHECK(VSL_VERSION_ENCODE(2, 5, 1) == 2005001);
CHECK(VSL_VERSION_DECODE_MAJOR(2005001) == 2);
CHECK(VSL_VERSION_DECODE_MINOR(2005001) == 5);
CHECK(VSL_VERSION_DECODE_REVISION(2005001) == 1);
CHECK(VSL_VERSION_1_0 == 1000000 && VSL_VERSION_1_4 == 1004000);
CHECK(VSL_VERSION_2_4 == 2004000 && VSL_VERSION_2_5 == 2005000 && VSL_VERSION_2_6 == 2006000);
CHECK(VSL_FOURCC('N', 'V', '1', '2') == 0x3231564e);
CHECK(sizeof(VSL_FOURCC('N', 'V', '1', '2')) == 4);
CHECK(VSL_V4L2_MAX_FORMATS == 64);
CHECK(VSL_V4L2_MAX_RESOLUTIONS == 32);
CHECK(VSL_V4L2_MAX_FRAMERATES == 16);

CHECK(sizeof(VSLEncoderProfile) == 4 && sizeof(enum vsl_encode_profile) == 4);
CHECK(VSL_ENCODE_PROFILE_AUTO == 0);
CHECK(VSL_ENCODE_PROFILE_5000_KBPS == 1);
CHECK(VSL_ENCODE_PROFILE_25000_KBPS == 2);
CHECK(VSL_ENCODE_PROFILE_50000_KBPS == 3);
CHECK(VSL_ENCODE_PROFILE_100000_KBPS == 4);
CHECK(sizeof(VSLDecoderCodec) == 4);
CHECK(VSL_DEC_H264 == 0 && VSL_DEC_HEVC == 1);
CHECK(sizeof(VSLCodecBackend) == 4);
CHECK(VSL_CODEC_BACKEND_AUTO == 0 && VSL_CODEC_BACKEND_HANTRO == 1 && VSL_CODEC_BACKEND_V4L2 == 2);
CHECK(sizeof(VSLDecoderRetCode) == 4);
CHECK(VSL_DEC_SUCCESS == 0 && VSL_DEC_ERR == 1 && VSL_DEC_INIT_INFO == 2 && VSL_DEC_FRAME_DEC == 4);
CHECK(sizeof(VSLDeviceType) == 4);
CHECK(VSL_V4L2_TYPE_CAMERA == 0x01 && VSL_V4L2_TYPE_OUTPUT == 0x02);
CHECK(VSL_V4L2_TYPE_ENCODER == 0x04 && VSL_V4L2_TYPE_DECODER == 0x08);
CHECK(VSL_V4L2_TYPE_ISP == 0x10 && VSL_V4L2_TYPE_M2M == 0x20 && VSL_V4L2_TYPE_ANY == 0xff);
CHECK(sizeof(VSLMemoryType) == 4);
CHECK(VSL_V4L2_MEM_MMAP == 1 && VSL_V4L2_MEM_USERPTR == 2 && VSL_V4L2_MEM_DMABUF == 4);

SIZE(VSLRect, 16, 4);
SIZE(struct vsl_rect, 16, 4);
FIELD(VSLRect, x, 0);
FIELD(VSLRect, y, 4);
FIELD(VSLRect, width, 8);
FIELD(VSLRect, height, 12);

SIZE(VSLFrameRate, 8, 4);
FIELD(VSLFrameRate, numerator, 0);
FIELD(VSLFrameRate, denominator, 4);

SIZE(VSLResolution, 144, 8);
FIELD(VSLResolution, width, 0);
FIELD(VSLResolution, height, 4);
FIELD(VSLResolution, frame_rates, 8);
FIELD(VSLResolution, num_frame_rates, 136);

SIZE(VSLFormat, 64, 8);
FIELD(VSLFormat, fourcc, 0);
FIELD(VSLFormat, description, 4);
FIELD(VSLFormat, flags, 36);
FIELD(VSLFormat, compressed, 40);
FIELD(VSLFormat, resolutions, 48);
FIELD(VSLFormat, num_resolutions, 56);

SIZE(VSLDevice, 248, 8);
FIELD(VSLDevice, path, 0);
FIELD(VSLDevice, driver, 64);
FIELD(VSLDevice, card, 96);
FIELD(VSLDevice, bus_info, 128);
FIELD(VSLDevice, caps, 192);
FIELD(VSLDevice, device_type, 196);
FIELD(VSLDevice, capture_mem, 200);
FIELD(VSLDevice, output_mem, 204);
FIELD(VSLDevice, multiplanar, 208);
FIELD(VSLDevice, capture_formats, 216);
FIELD(VSLDevice, num_capture_formats, 224);
FIELD(VSLDevice, output_formats, 232);
FIELD(VSLDevice, num_output_formats, 240);

SIZE(VSLDeviceList, 16, 8);
FIELD(VSLDeviceList, devices, 0);
FIELD(VSLDeviceList, count, 8);

/* Since 2.7: grows at the end only. */
SIZE(VSLClientStats, 104, 8);
FIELD(VSLClientStats, size, 0);
FIELD(VSLClientStats, delivered, 8);
FIELD(VSLClientStats, maps, 72);
FIELD(VSLClientStats, epoch, 80);
FIELD(VSLClientStats, wire_version, 88);
FIELD(VSLClientStats, refused, 96);
SIZE(VSLClientOptions, 32, 8);
FIELD(VSLClientOptions, host_uids, 8);
FIELD(VSLClientOptions, host_uid_count, 16);
FIELD(VSLClientOptions, may_fault, 24);
CHECK(sizeof(VSLMayFault) == 4 && VSL_ANY_USER == UINT32_MAX);
