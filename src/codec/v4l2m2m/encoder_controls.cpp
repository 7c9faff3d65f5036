// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/v4l2m2m/encoder_controls.hpp"

#include <string>

#include "v4l2/controls.hpp"
#include "v4l2/ioctl.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::M2mDevice;

void set_frame_rate(const M2mDevice& device, const EncoderOptions& options) {
  v4l2_streamparm parm{};
  parm.type = device.output.buffer_type();
  parm.parm.output.timeperframe = {options.rate_denominator, options.rate_numerator};
  (void)v4l2::call(device.fd.get(), VIDIOC_S_PARM, &parm);  // many do not count in time
}

Error cannot(const M2mDevice& device, const std::string& what) {
  return Error::of(std::errc::not_supported, "encode with " + what + " with " + device.output.path +
                                                 " (" + device.device.card +
                                                 "), which cannot do that");
}

// The first of the controls that the device has; which it is depends on the codec.
template <std::size_t size>
bool set_each(const M2mDevice& device, const std::uint32_t (&ids)[size], std::int64_t value) {
  bool any = false;
  for (const std::uint32_t id : ids) any |= device.set_nearest(id, value);
  return any;
}

Result<void> set_qp(const M2mDevice& device, const EncoderOptions& options) {
  constexpr std::uint32_t kH264[] = {V4L2_CID_MPEG_VIDEO_H264_I_FRAME_QP,
                                     V4L2_CID_MPEG_VIDEO_H264_P_FRAME_QP,
                                     V4L2_CID_MPEG_VIDEO_H264_B_FRAME_QP};
  constexpr std::uint32_t kHevc[] = {V4L2_CID_MPEG_VIDEO_HEVC_I_FRAME_QP,
                                     V4L2_CID_MPEG_VIDEO_HEVC_P_FRAME_QP,
                                     V4L2_CID_MPEG_VIDEO_HEVC_B_FRAME_QP};
  constexpr std::uint32_t kFwht[] = {V4L2_CID_FWHT_I_FRAME_QP, V4L2_CID_FWHT_P_FRAME_QP};
  (void)device.set_nearest(V4L2_CID_MPEG_VIDEO_FRAME_RC_ENABLE, 0);
  const bool set = options.codec == fourcc("H264")   ? set_each(device, kH264, options.qp)
                   : options.codec == fourcc("HEVC") ? set_each(device, kHevc, options.qp)
                                                     : set_each(device, kFwht, options.qp);
  return set ? Result<void>() : cannot(device, "a constant qp");
}

Result<void> set_rate(const M2mDevice& device, const EncoderOptions& options) {
  if (options.rate_control == RateControl::constant_qp) return set_qp(device, options);
  const bool constant = options.rate_control == RateControl::constant_bitrate;
  (void)device.set_nearest(V4L2_CID_MPEG_VIDEO_FRAME_RC_ENABLE, 1);
  (void)device.set_nearest(
      V4L2_CID_MPEG_VIDEO_BITRATE_MODE,
      constant ? V4L2_MPEG_VIDEO_BITRATE_MODE_CBR : V4L2_MPEG_VIDEO_BITRATE_MODE_VBR);
  const bool set = device.set_nearest(V4L2_CID_MPEG_VIDEO_BITRATE,
                                      static_cast<std::int64_t>(options.bitrate_bps));
  return set || !constant ? Result<void>() : cannot(device, "a constant bitrate");
}

// By the driver's own name of it: "4.1", "main10" for "Main 10".
Result<void> set_named(const M2mDevice& device, std::uint32_t id, const std::string& name,
                       const char* what) {
  if (name.empty()) return {};
  const auto control = v4l2::find_control(device.output, id);
  if (!control) return cannot(device, std::string(what) + " " + name);
  auto set = v4l2::set_control_text(device.output, *control, name);
  if (set) return {};
  return Error::of(std::errc::not_supported, set.error().where);
}

Result<void> set_profile(const M2mDevice& device, const EncoderOptions& options) {
  const bool hevc = options.codec == fourcc("HEVC");
  VSL_CHECK(set_named(device,
                      hevc ? V4L2_CID_MPEG_VIDEO_HEVC_PROFILE : V4L2_CID_MPEG_VIDEO_H264_PROFILE,
                      options.profile == "main10" ? "Main 10" : options.profile, "profile"));
  return set_named(device, hevc ? V4L2_CID_MPEG_VIDEO_HEVC_LEVEL : V4L2_CID_MPEG_VIDEO_H264_LEVEL,
                   options.level, "level");
}

}  // namespace

Result<void> configure(const M2mDevice& device, const EncoderOptions& options) {
  set_frame_rate(device, options);
  VSL_CHECK(set_rate(device, options));
  (void)device.set_nearest(V4L2_CID_MPEG_VIDEO_GOP_SIZE, options.gop);
  // Parameter sets in front of each key picture, in its packet.
  (void)device.set_nearest(V4L2_CID_MPEG_VIDEO_HEADER_MODE,
                           V4L2_MPEG_VIDEO_HEADER_MODE_JOINED_WITH_1ST_FRAME);
  (void)device.set_nearest(V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1);
  (void)device.set_nearest(V4L2_CID_MPEG_VIDEO_PREPEND_SPSPPS_TO_IDR, 1);
  const bool b_frames = device.set_nearest(V4L2_CID_MPEG_VIDEO_B_FRAMES, options.b_frames);
  if (options.b_frames > 0 && !b_frames) return cannot(device, "B-frames");
  return set_profile(device, options);
}

}  // namespace vsl::codec::m2m
