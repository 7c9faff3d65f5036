// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "base/clock.hpp"
#include "codec/crop.hpp"
#include "codec/frame_memory.hpp"
#include "codec/v4l2m2m/devices.hpp"
#include "codec/v4l2m2m/encoder_controls.hpp"
#include "media/format_table.hpp"
#include "v4l2/capture_queue.hpp"
#include "v4l2/ioctl.hpp"
#include "v4l2/output_queue.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::Agreement;
using v4l2::CaptureQueue;
using v4l2::M2mDevice;
using v4l2::OutputQueue;

constexpr std::uint32_t kUsualBuffers = 4, kMostBuffers = VIDEO_MAX_FRAME;
/// An encoder that has kept a picture to itself for so long waits for more of them.
constexpr std::int64_t kPatienceNs = 500'000'000;

Error unfit(const M2mDevice& device, const EncoderSetup& setup, const std::string& there_is) {
  return Error::of(std::errc::not_supported, "encode " + std::to_string(setup.width_px) + "x" +
                                                 std::to_string(setup.height_px) + " " +
                                                 setup.picture.layout.fourcc.to_string() +
                                                 " with " + device.output.path + ", which takes " +
                                                 there_is);
}

Result<Fourcc> choose_code(const M2mDevice& device, const EncoderSetup& setup) {
  const auto& formats = device.device.output_formats;
  for (const Fourcc code : v4l2::driver_codes(setup.picture.layout.fourcc)) {
    const auto is_it = [&](const DeviceFormat& format) { return format.fourcc == code; };
    if (std::any_of(formats.begin(), formats.end(), is_it)) return code;
  }
  std::string names;
  for (const DeviceFormat& format : formats) {
    names += (names.empty() ? "" : " ") + format.fourcc.to_string();
  }
  return unfit(device, setup, names);
}

/// Has the encoder read the part of its input that holds the picture: drivers round sizes up.
Result<void> crop_input(const M2mDevice& device, const EncoderSetup& setup,
                        const Agreement& input) {
  const v4l2::DriverFormat& driver = input.driver;
  v4l2_selection selection{};
  selection.type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  selection.target = V4L2_SEL_TGT_CROP;
  selection.r = {0, 0, setup.width_px, setup.height_px};
  const bool set = v4l2::call(device.fd.get(), VIDIOC_S_SELECTION, &selection) >= 0;
  const std::uint32_t width_px = set ? selection.r.width : driver.width_px;
  const std::uint32_t height_px = set ? selection.r.height : driver.height_px;
  if (width_px == setup.width_px && height_px == setup.height_px) return {};
  return unfit(device, setup, std::to_string(width_px) + "x" + std::to_string(height_px));
}

/// The size of the input, by the kernel's sequence: coded format first, then pictures.
Result<Agreement> agree_on_input(const M2mDevice& device, const EncoderSetup& setup) {
  constexpr std::uint32_t kLeastBytes = 1U << 20;
  VSL_TRY(const Fourcc code, choose_code(device, setup));
  v4l2::DriverFormat coded{.pixel_format = setup.options.codec,
                           .width_px = setup.width_px,
                           .height_px = setup.height_px,
                           .plane_count = 1};
  coded.planes[0].size_bytes = std::max(kLeastBytes, setup.width_px * setup.height_px);
  VSL_CHECK(v4l2::set_format(device.capture, coded));
  VSL_TRY(const auto driver, v4l2::set_format(device.output, {.pixel_format = code,
                                                              .width_px = setup.width_px,
                                                              .height_px = setup.height_px}));
  if (driver.pixel_format != code || driver.width_px < setup.width_px ||
      driver.height_px < setup.height_px) {
    return unfit(device, setup,
                 driver.pixel_format.to_string() + " up to " + std::to_string(driver.width_px) +
                     "x" + std::to_string(driver.height_px));
  }
  VSL_TRY(auto input, v4l2::agreement_on(device.output, driver, setup.picture.layout.fourcc,
                                         /*coded=*/false));
  VSL_CHECK(crop_input(device, setup, input));
  return input;
}

std::uint32_t buffer_count(const M2mDevice& device, std::uint32_t minimum_control) {
  const std::int64_t least = device.control(minimum_control).value_or(0);
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(least + 1, kUsualBuffers, kMostBuffers));
}

/// Whether decoding can start with a packet. The kernel's encoder of FWHT does not say; its header
/// does: linux/v4l2-controls.h V4L2_FWHT_FL_I_FRAME in the sixth word, which is big-endian.
bool is_key(Fourcc codec, std::span<const std::byte> coded, std::uint32_t flags) {
  constexpr std::size_t kFwhtFlagByte = 5 * 4 + 2;
  constexpr std::byte kFwhtKeyBit{V4L2_FWHT_FL_I_FRAME >> 8};
  if ((flags & V4L2_BUF_FLAG_KEYFRAME) != 0) return true;
  return codec == fourcc("FWHT") && coded.size() > kFwhtFlagByte &&
         (coded[kFwhtFlagByte] & kFwhtKeyBit) != std::byte{0};
}

class M2mEncoder final : public EncoderBackend {
 public:
  static Result<std::unique_ptr<EncoderBackend>> open(const EncoderSetup& setup) {
    if (find_format(setup.picture.layout.fourcc) == nullptr) {
      return Error::of(std::errc::not_supported, "encode pictures in " +
                                                     setup.picture.layout.fourcc.to_string() +
                                                     ", whose rows are unknown");
    }
    VSL_TRY(auto device, open_device(setup.options.codec, true));
    VSL_TRY(const Agreement input, agree_on_input(*device, setup));
    VSL_CHECK(configure(*device, setup.options));
    VSL_TRY(const auto coded, v4l2::current_format(device->capture));
    VSL_TRY(const Agreement output,
            v4l2::agreement_on(device->capture, coded, setup.options.codec, /*coded=*/true));
    VSL_TRY(auto pictures,
            OutputQueue::create(device->output, input,
                                buffer_count(*device, V4L2_CID_MIN_BUFFERS_FOR_OUTPUT)));
    CameraOptions wanted;
    wanted.buffers = kUsualBuffers;
    VSL_TRY(auto packets,
            CaptureQueue::create(device->capture, output, CameraMemory::copy, wanted));
    std::unique_ptr<M2mEncoder> encoder(
        new M2mEncoder(setup, std::move(device), input, std::move(pictures), std::move(packets)));
    VSL_CHECK(encoder->start());
    return std::unique_ptr<EncoderBackend>(std::move(encoder));
  }

  ~M2mEncoder() override {
    (void)pictures_.stop();
    (void)packets_->close();
  }

  Result<void> send(RawPicture& picture, const PictureWish& wish) override {
    if (wish.key_frame && begun_) VSL_CHECK(force_key_frame());
    VSL_TRY(const std::uint32_t index, wait_for_room());
    VSL_CHECK(copy_in(picture, wish.crop, index));
    v4l2::OutputBytes bytes{.stamp_us = wish.stamp};
    for (std::uint32_t i = 0; i < input_.layout.buffer_count; ++i) {
      bytes.used[i] = static_cast<std::uint32_t>(input_.layout.buffer_bytes[i]);
    }
    VSL_CHECK(pictures_.queue(index, bytes));
    ++copies_;
    ++inside_;
    begun_ = true;
    return {};
  }

  Result<void> drain() override {
    if (std::exchange(draining_, true)) return {};
    VSL_TRY(tells_end_, device_->say_last(/*encoder=*/true));
    return {};
  }

  Result<void> reset() override {
    ready_.clear();
    return restart();
  }

  Result<std::optional<BackendPacket>> receive() override {
    if (!ready_.empty()) {
      auto packet = std::move(ready_.front());
      ready_.pop_front();
      return std::optional(std::move(packet));
    }
    return next();
  }

  std::string name() const override { return device_->device.card; }
  std::uint64_t copies() const override { return copies_; }

 private:
  M2mEncoder(const EncoderSetup& setup, std::unique_ptr<M2mDevice> device, const Agreement& input,
             OutputQueue pictures, std::shared_ptr<CaptureQueue> packets)
      : setup_(setup),
        device_(std::move(device)),
        input_(input),
        pictures_(std::move(pictures)),
        packets_(std::move(packets)) {}

  Result<void> start() {
    VSL_CHECK(pictures_.start());
    return packets_->start();
  }

  // Begins a new stream, whose first picture is a key picture.
  Result<void> restart() {
    VSL_CHECK(pictures_.stop());
    VSL_CHECK(packets_->stop());
    draining_ = ended_ = begun_ = false;
    inside_ = 0;
    return start();
  }

  // Where the driver has no way to ask for one, the stream ends here and the next one begins.
  Result<void> force_key_frame() {
    if (device_->set_nearest(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 1)) return {};
    VSL_CHECK(drain());
    for (;;) {
      VSL_TRY(auto packet, next());
      if (!packet) return restart();
      ready_.push_back(std::move(*packet));
    }
  }

  Result<std::uint32_t> wait_for_room() {
    const std::int64_t deadline_ns = monotonic_ns() + kDeviceLimitNs;
    for (;;) {
      VSL_CHECK(pictures_.reclaim());
      if (const auto index = pictures_.find_free()) return *index;
      VSL_TRY(auto packet, take_packet());  // an encoder without room for them takes no picture
      if (packet) {
        ready_.push_back(std::move(*packet));
        continue;
      }
      VSL_TRY(const bool moved, device_->wait(POLLIN | POLLOUT, deadline_ns));
      if (!moved) return hangs();
    }
  }

  Result<void> copy_in(RawPicture& picture, const Rect& part, std::uint32_t index) {
    const Layout& from = picture.info().layout;
    const Format& format = *find_format(from.fourcc);
    for (std::uint32_t i = 0; i < format.plane_count; ++i) {
      const auto source = picture.plane(i);
      if (source.empty()) {
        return Error::of(std::errc::bad_address,
                         "encode a picture whose plane " + std::to_string(i) + " cannot be mapped");
      }
      const PlaneLayout& to = input_.layout.planes[i];
      const std::byte* in = source.data() + plane_offset_of(from, i, part);
      std::byte* out = pictures_.plane(index, to.buffer).data() + to.offset_bytes;
      const std::uint32_t bytes = format.planes[i].row_bytes(setup_.width_px);
      const std::uint32_t rows = format.planes[i].rows(setup_.height_px);
      for (std::uint32_t row = 0; row < rows; ++row) {
        std::memcpy(out + std::size_t{row} * to.stride_bytes,
                    in + std::size_t{row} * from.planes[i].stride_bytes, bytes);
      }
    }
    return {};
  }

  Result<std::optional<BackendPacket>> next() {
    std::int64_t since_ns = monotonic_ns();
    while (!ended_) {
      VSL_CHECK(pictures_.reclaim());
      VSL_TRY(auto packet, take_packet());
      if (packet || ended_) return packet;
      const bool room = pictures_.find_free().has_value();
      if (!draining_ && (inside_ == 0 || (room && may_keep()))) break;
      if (draining_ && !tells_end_ && inside_ == 0) break;
      const bool may_want_more = !draining_ && room;
      VSL_TRY(const bool moved,
              device_->wait(room ? POLLIN : POLLIN | POLLOUT,
                            since_ns + (may_want_more ? kPatienceNs : kDeviceLimitNs)));
      if (moved) continue;
      if (!may_want_more) return hangs();
      kept_ = inside_;
    }
    return std::optional<BackendPacket>();
  }

  bool may_keep() const { return !setup_.options.low_latency || inside_ <= kept_; }

  Result<std::optional<BackendPacket>> take_packet() {
    auto coded = packets_->try_dequeue();
    if (!coded) {
      if (coded.error().code != std::errc::broken_pipe) return std::move(coded).error();
      ended_ = true;  // what came last was the last
      return std::optional<BackendPacket>();
    }
    if (!*coded) return std::optional<BackendPacket>();
    const v4l2::Dequeued taken = **coded;
    if (draining_ && (taken.flags & V4L2_BUF_FLAG_LAST) != 0) ended_ = true;
    auto packet = packet_of(taken);
    VSL_CHECK(packets_->give_back(taken.index));
    return packet;
  }

  Result<std::optional<BackendPacket>> packet_of(const v4l2::Dequeued& taken) {
    constexpr std::int64_t kNsPerUs = 1000;
    VSL_TRY(const auto memory, packets_->map_driver_memory(taken.index, 0));
    const std::uint32_t begin = taken.data_offset[0], end = taken.bytes_used[0];
    const bool whole = end > begin && end <= memory.size();
    if (whole || (taken.flags & V4L2_BUF_FLAG_ERROR) != 0) inside_ -= inside_ > 0 ? 1 : 0;
    if ((taken.flags & V4L2_BUF_FLAG_ERROR) != 0) {
      return Error::of(std::errc::io_error,
                       "encode a picture with " + device_->output.path + ", which failed to");
    }
    if (!whole) return std::optional<BackendPacket>();  // the end of the stream
    const auto coded = memory.subspan(begin, end - begin);
    VSL_TRY(Frame frame,
            memory_->hold(coded, setup_.options.codec, setup_.width_px, setup_.height_px));
    const std::int64_t stamp = taken.stamp_ns / kNsPerUs;
    const std::int64_t order = packets_out_++;
    const bool reordered = setup_.options.b_frames > 0;
    return std::optional(BackendPacket{std::move(frame), stamp, reordered ? order - 1 : stamp,
                                       is_key(setup_.options.codec, coded, taken.flags)});
  }

  Error hangs() const {
    return Error::of(std::errc::timed_out, "wait for the encoder " + device_->output.path +
                                               ", which does nothing any more");
  }

  const EncoderSetup setup_;
  std::unique_ptr<M2mDevice> device_;
  const Agreement input_;
  OutputQueue pictures_;
  std::shared_ptr<CaptureQueue> packets_;
  std::shared_ptr<FrameMemory> memory_ = std::make_shared<FrameMemory>();
  std::deque<BackendPacket> ready_;  ///< that came while there was no room
  std::uint64_t copies_ = 0;
  std::int64_t packets_out_ = 0;
  std::uint32_t inside_ = 0;  ///< pictures of which no packet came yet
  std::uint32_t kept_ = 0;    ///< so many the encoder keeps until it gets more
  bool begun_ = false;        ///< a picture was sent since the start
  bool draining_ = false, tells_end_ = true, ended_ = false;
};

}  // namespace

Result<std::unique_ptr<EncoderBackend>> open_encoder(const EncoderSetup& setup) {
  return M2mEncoder::open(setup);
}

}  // namespace vsl::codec::m2m
