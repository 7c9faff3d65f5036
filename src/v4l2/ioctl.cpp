// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/ioctl.hpp"

#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <array>

namespace vsl::v4l2 {
namespace {

struct RequestName {
  unsigned long request;
  const char* name;
};

#define VSL_REQUEST(name) \
  RequestName { name, #name }

constexpr auto kRequests = std::to_array<RequestName>({
    VSL_REQUEST(VIDIOC_QUERYCAP),
    VSL_REQUEST(VIDIOC_ENUM_FMT),
    VSL_REQUEST(VIDIOC_ENUM_FRAMESIZES),
    VSL_REQUEST(VIDIOC_ENUM_FRAMEINTERVALS),
    VSL_REQUEST(VIDIOC_G_FMT),
    VSL_REQUEST(VIDIOC_S_FMT),
    VSL_REQUEST(VIDIOC_TRY_FMT),
    VSL_REQUEST(VIDIOC_G_PARM),
    VSL_REQUEST(VIDIOC_S_PARM),
    VSL_REQUEST(VIDIOC_G_SELECTION),
    VSL_REQUEST(VIDIOC_S_SELECTION),
    VSL_REQUEST(VIDIOC_REQBUFS),
    VSL_REQUEST(VIDIOC_CREATE_BUFS),
    VSL_REQUEST(VIDIOC_QUERYBUF),
    VSL_REQUEST(VIDIOC_EXPBUF),
    VSL_REQUEST(VIDIOC_QBUF),
    VSL_REQUEST(VIDIOC_DQBUF),
    VSL_REQUEST(VIDIOC_STREAMON),
    VSL_REQUEST(VIDIOC_STREAMOFF),
    VSL_REQUEST(VIDIOC_QUERYCTRL),
    VSL_REQUEST(VIDIOC_QUERY_EXT_CTRL),
    VSL_REQUEST(VIDIOC_QUERYMENU),
    VSL_REQUEST(VIDIOC_G_CTRL),
    VSL_REQUEST(VIDIOC_S_CTRL),
    VSL_REQUEST(VIDIOC_G_EXT_CTRLS),
    VSL_REQUEST(VIDIOC_S_EXT_CTRLS),
    VSL_REQUEST(VIDIOC_TRY_EXT_CTRLS),
    VSL_REQUEST(VIDIOC_SUBSCRIBE_EVENT),
    VSL_REQUEST(VIDIOC_UNSUBSCRIBE_EVENT),
    VSL_REQUEST(VIDIOC_DQEVENT),
    VSL_REQUEST(VIDIOC_ENCODER_CMD),
    VSL_REQUEST(VIDIOC_DECODER_CMD),
});

#undef VSL_REQUEST

}  // namespace

int call(int fd, unsigned long request, void* argument) noexcept {
  int result = 0;
  do {
    result = ::ioctl(fd, request, argument);
  } while (result < 0 && errno == EINTR);
  return result;
}

std::string request_name(unsigned long request) {
  for (const RequestName& known : kRequests) {
    if (known.request == request) return known.name;
  }
  return "ioctl " + std::to_string(request);
}

Error call_error(unsigned long request, const std::string& path, const std::string& detail) {
  const int errnum = errno;  // the strings below may change it
  std::string where = request_name(request) + " on " + path;
  if (!detail.empty()) where += ", " + detail;
  return Error::from_errno(errnum, std::move(where));
}

Result<void> require(int fd, unsigned long request, void* argument, const std::string& path,
                     const std::string& detail) {
  if (call(fd, request, argument) >= 0) return {};
  return call_error(request, path, detail);
}

}  // namespace vsl::v4l2
