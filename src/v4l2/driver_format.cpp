// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/driver_format.hpp"

#include "v4l2/ioctl.hpp"

namespace vsl::v4l2 {
namespace {

DriverFormat from_single(const v4l2_pix_format& pix) {
  DriverFormat format{.pixel_format = {pix.pixelformat},
                      .width_px = pix.width,
                      .height_px = pix.height,
                      .field = pix.field,
                      .colorspace = pix.colorspace};
  if (pix.priv == V4L2_PIX_FMT_PRIV_MAGIC) {  // else the driver knows nothing of these
    format.transfer = pix.xfer_func;
    format.encoding = pix.ycbcr_enc;
    format.range = pix.quantization;
  }
  format.plane_count = 1;
  format.planes[0] = {pix.bytesperline, pix.sizeimage};
  return format;
}

DriverFormat from_multi(const v4l2_pix_format_mplane& pix) {
  DriverFormat format{.pixel_format = {pix.pixelformat},
                      .width_px = pix.width,
                      .height_px = pix.height,
                      .field = pix.field,
                      .colorspace = pix.colorspace,
                      .transfer = pix.xfer_func,
                      .encoding = pix.ycbcr_enc,
                      .range = pix.quantization};
  format.plane_count = pix.num_planes;
  for (std::uint32_t i = 0; i < pix.num_planes && i < kMaxPlanes; ++i) {
    format.planes[i] = {pix.plane_fmt[i].bytesperline, pix.plane_fmt[i].sizeimage};
  }
  return format;
}

DriverFormat from_driver(const Node& node, const v4l2_format& format) {
  return node.multiplanar ? from_multi(format.fmt.pix_mp) : from_single(format.fmt.pix);
}

/// The members of the same name of both kinds of struct.
template <class Pix>
void apply(Pix& pix, const DriverFormat& wanted) {
  if (wanted.pixel_format.code != 0) pix.pixelformat = wanted.pixel_format.code;
  if (wanted.width_px != 0) pix.width = wanted.width_px;
  if (wanted.height_px != 0) pix.height = wanted.height_px;
  pix.field = V4L2_FIELD_ANY;
}

std::string describe(const DriverFormat& wanted) {
  std::string text = wanted.pixel_format.code != 0 ? wanted.pixel_format.to_string() : "any format";
  if (wanted.width_px == 0) return text;
  return text + " " + std::to_string(wanted.width_px) + "x" + std::to_string(wanted.height_px);
}

}  // namespace

Result<DriverFormat> current_format(const Node& node) {
  v4l2_format format{};
  format.type = node.buffer_type();
  VSL_CHECK(require(node.fd, VIDIOC_G_FMT, &format, node.path));
  return from_driver(node, format);
}

Result<DriverFormat> set_format(const Node& node, const DriverFormat& wanted) {
  v4l2_format format{};
  format.type = node.buffer_type();
  VSL_CHECK(require(node.fd, VIDIOC_G_FMT, &format, node.path));
  if (node.multiplanar) {
    v4l2_pix_format_mplane& pix = format.fmt.pix_mp;
    apply(pix, wanted);
    for (auto& plane : pix.plane_fmt) plane = {};
    if (wanted.plane_count != 0) pix.num_planes = static_cast<std::uint8_t>(wanted.plane_count);
    for (std::uint32_t i = 0; i < wanted.plane_count; ++i) {
      pix.plane_fmt[i].bytesperline = wanted.planes[i].stride_bytes;
      pix.plane_fmt[i].sizeimage = wanted.planes[i].size_bytes;
    }
  } else {
    v4l2_pix_format& pix = format.fmt.pix;
    apply(pix, wanted);
    pix.bytesperline = wanted.planes[0].stride_bytes;
    pix.sizeimage = wanted.planes[0].size_bytes;
    pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;
  }
  VSL_CHECK(require(node.fd, VIDIOC_S_FMT, &format, node.path, describe(wanted)));
  return from_driver(node, format);
}

}  // namespace vsl::v4l2
