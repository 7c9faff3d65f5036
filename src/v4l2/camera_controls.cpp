// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <string>

#include "v4l2/camera_impl.hpp"
#include "v4l2/controls.hpp"
#include "v4l2/ioctl.hpp"

namespace vsl {
namespace {

// The image processor of NXP's i.MX 8M Plus takes its settings as JSON in a text control.
// Source: NXP's isp-vvcam driver (VIV_CUSTOM_CID_BASE + 1).
constexpr std::uint32_t kVivanteControl = (V4L2_CID_USER_BASE | 0xf000) + 1;
constexpr std::size_t kVivanteBytes = 1024;

Result<void> mirror_by_control(const v4l2::Node& node, std::uint32_t id, bool on) {
  v4l2_control control{.id = id, .value = on ? 1 : 0};
  return v4l2::require(node.fd, VIDIOC_S_CTRL, &control, node.path);
}

/// `name` is "hflip" or "vflip".
Result<void> mirror_by_vivante(const v4l2::Node& node, const std::string& name, bool on) {
  std::string text =
      R"({"id":"dwe.s.)" + name + R"(","dwe":{")" + name + (on ? R"(":true}})" : R"(":false}})");
  text.resize(kVivanteBytes);
  v4l2_ext_control control{};
  control.id = kVivanteControl;
  control.size = kVivanteBytes;
  control.string = text.data();
  v4l2_ext_controls controls{};
  controls.which = V4L2_CTRL_ID2WHICH(kVivanteControl);
  controls.count = 1;
  controls.controls = &control;
  VSL_CHECK(v4l2::require(node.fd, VIDIOC_S_EXT_CTRLS, &controls, node.path));
  (void)v4l2::call(node.fd, VIDIOC_G_EXT_CTRLS, &controls);  // the driver wants its answer fetched
  return {};
}

Result<void> mirror(const v4l2::Node& node, std::uint32_t id, const std::string& name, bool on) {
  auto controlled = mirror_by_control(node, id, on);
  if (controlled) return {};
  if (mirror_by_vivante(node, name, on)) return {};
  const bool missing = controlled.error().code == std::errc::invalid_argument ||
                       controlled.error().code == std::errc::inappropriate_io_control_operation;
  if (!missing) return controlled;
  return Error::of(std::errc::not_supported,
                   "mirror pictures of " + node.path + ", which has no " + name + " control");
}

}  // namespace

Result<std::vector<Control>> Camera::controls() const { return v4l2::list_controls(impl_->node()); }

Result<void> Camera::set_control(const std::string& key, const std::string& value) {
  VSL_TRY(const Control control, v4l2::find_control(impl_->node(), key));
  return v4l2::set_control_text(impl_->node(), control, value);
}

Result<void> Camera::set_control(std::uint32_t id, std::int64_t value) {
  VSL_TRY(const Control control, v4l2::find_control(impl_->node(), id));
  return v4l2::set_control(impl_->node(), control, value);
}

Result<std::int64_t> Camera::control(std::uint32_t id) const {
  VSL_TRY(const Control control, v4l2::find_control(impl_->node(), id));
  return control.value;
}

Result<void> Camera::mirror_horizontal(bool on) {
  return mirror(impl_->node(), V4L2_CID_HFLIP, "hflip", on);
}

Result<void> Camera::mirror_vertical(bool on) {
  return mirror(impl_->node(), V4L2_CID_VFLIP, "vflip", on);
}

}  // namespace vsl
