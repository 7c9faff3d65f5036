// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <linux/videodev2.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "v4l2/probe.hpp"

namespace vsl::v4l2::test {

/// A driver that answers from lists, for hardware and lies that no lab has.
struct FakeDriver {
  struct Format {
    std::uint32_t code = 0, flags = 0;
    const char* description = "";
  };
  std::string driver = "fake", card = "Fake Camera", bus_info = "platform:fake";
  std::uint32_t hardware_caps = 0;  ///< of all nodes; with device_caps if that is not 0
  std::uint32_t device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  std::map<std::uint32_t, std::vector<Format>> formats;              ///< by queue
  std::map<std::uint32_t, std::vector<v4l2_frmsizeenum>> sizes;      ///< by format
  std::map<std::uint32_t, std::vector<v4l2_frmivalenum>> intervals;  ///< by format
  std::uint32_t memory_capabilities = 0;                             ///< V4L2_BUF_CAP_*
  std::vector<std::uint32_t> memory_kinds = {};                      ///< V4L2_MEMORY_* accepted
  int create_errno = 0, free_errno = 0;                              ///< refusals
  std::vector<std::uint32_t> counts_asked = {};                      ///< buffers asked for
  std::uint32_t try_width_px = 0, try_height_px = 0;                 ///< all VIDIOC_TRY_FMT gives
  std::map<unsigned long, int> questions = {};

  Ask ask() {
    return [this](unsigned long request, void* argument) {
      const int errnum = answer(request, argument);
      errno = errnum;
      return errnum == 0 ? 0 : -1;
    };
  }

 private:
  template <class Field>
  static void put(Field& field, const std::string& text) {
    std::memset(field, 0, sizeof field);
    std::memcpy(field, text.data(), std::min(sizeof field, text.size()));
  }

  template <class Answer>
  static int nth(const std::map<std::uint32_t, std::vector<Answer>>& lists, Answer& answer) {
    const auto list = lists.find(answer.pixel_format);
    const std::uint32_t index = answer.index;
    if (list == lists.end() || index >= list->second.size()) return EINVAL;
    answer = list->second[index];
    answer.index = index;
    return 0;
  }

  int name(v4l2_capability& answer) {
    put(answer.driver, driver);
    put(answer.card, card);
    put(answer.bus_info, bus_info);
    answer.capabilities = device_caps != 0 ? hardware_caps | V4L2_CAP_DEVICE_CAPS : hardware_caps;
    answer.device_caps = device_caps;
    return 0;
  }

  int nth_format(v4l2_fmtdesc& answer) {
    const auto& list = formats[answer.type];
    if (answer.index >= list.size()) return EINVAL;
    answer.pixelformat = list[answer.index].code;
    answer.flags = list[answer.index].flags;
    put(answer.description, list[answer.index].description);
    return 0;
  }

  template <class Request>
  int memory(Request& request, int refusal) {
    counts_asked.push_back(request.count);
    if (refusal != 0) return refusal;
    for (const std::uint32_t kind : memory_kinds) {
      if (kind != request.memory) continue;
      request.capabilities = memory_capabilities;
      return 0;
    }
    return EINVAL;
  }

  int try_format(v4l2_format& wish) const {
    wish.fmt.pix.width = try_width_px;
    wish.fmt.pix.height = try_height_px;
    return 0;
  }

  int answer(unsigned long request, void* argument) {
    ++questions[request];
    switch (request) {
      case VIDIOC_QUERYCAP:
        return name(*static_cast<v4l2_capability*>(argument));
      case VIDIOC_ENUM_FMT:
        return nth_format(*static_cast<v4l2_fmtdesc*>(argument));
      case VIDIOC_ENUM_FRAMESIZES:
        return nth(sizes, *static_cast<v4l2_frmsizeenum*>(argument));
      case VIDIOC_ENUM_FRAMEINTERVALS:
        return nth(intervals, *static_cast<v4l2_frmivalenum*>(argument));
      case VIDIOC_CREATE_BUFS:
        return memory(*static_cast<v4l2_create_buffers*>(argument), create_errno);
      case VIDIOC_REQBUFS:
        return memory(*static_cast<v4l2_requestbuffers*>(argument), free_errno);
      case VIDIOC_TRY_FMT:
        return try_format(*static_cast<v4l2_format*>(argument));
      default:
        return ENOTTY;
    }
  }
};

}  // namespace vsl::v4l2::test
