// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/log.hpp"
#include "codec/frame_memory.hpp"
#include "codec/v4l2m2m/coder.hpp"
#include "codec/v4l2m2m/encoder_controls.hpp"
#include "codec/v4l2m2m/picture_input.hpp"
#include "media/format_table.hpp"
#include "v4l2/capture_queue.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::CaptureQueue;
using v4l2::M2mDevice;
using v4l2::OutputQueue;

constexpr std::uint32_t kPacketBuffers = 4;
constexpr std::int64_t kPatienceNs = 500'000'000;
/// A driver that has not read a picture after so long keeps it for others.
constexpr std::int64_t kReadingLimitNs = 2'000'000'000;

/// Whether decoding can start with a packet. The kernel's encoder of FWHT does not say; its header
/// does: linux/v4l2-controls.h V4L2_FWHT_FL_I_FRAME in the sixth word, which is big-endian.
bool is_key(Fourcc codec, std::span<const std::byte> coded, std::uint32_t flags) {
  constexpr std::size_t kFwhtFlagByte = 5 * 4 + 2;
  constexpr std::byte kFwhtKeyBit{V4L2_FWHT_FL_I_FRAME >> 8};
  if ((flags & V4L2_BUF_FLAG_KEYFRAME) != 0) return true;
  return codec == fourcc("FWHT") && coded.size() > kFwhtFlagByte &&
         (coded[kFwhtFlagByte] & kFwhtKeyBit) != std::byte{0};
}

class M2mEncoder final : public EncoderBackend, private Coder<BackendPacket> {
 public:
  static Result<std::unique_ptr<EncoderBackend>> open(const EncoderSetup& setup) {
    if (find_format(setup.picture.layout.fourcc) == nullptr) {
      return Error::of(std::errc::not_supported, "encode pictures in " +
                                                     setup.picture.layout.fourcc.to_string() +
                                                     ", whose rows are unknown");
    }
    VSL_TRY(auto device, open_device(setup.options.codec, true));
    VSL_TRY(auto pictures, PictureInput::open(*device, setup));
    VSL_CHECK(configure(*device, setup.options));
    VSL_TRY(const auto coded, v4l2::current_format(device->capture));
    VSL_TRY(const auto output,
            v4l2::agreement_on(device->capture, coded, setup.options.codec, /*coded=*/true));
    CameraOptions wanted;
    wanted.buffers = kPacketBuffers;
    VSL_TRY(auto packets,
            CaptureQueue::create(device->capture, output, CameraMemory::copy, wanted));
    std::unique_ptr<M2mEncoder> encoder(
        new M2mEncoder(setup, std::move(device), std::move(pictures), std::move(packets)));
    VSL_CHECK(encoder->start());
    return std::unique_ptr<EncoderBackend>(std::move(encoder));
  }

  ~M2mEncoder() override {
    (void)input().stop();
    (void)packets_->close();
  }

  Result<void> send(RawPicture& picture, const PictureWish& wish) override {
    if (wish.key_frame && begun_) VSL_CHECK(force_key_frame());
    VSL_TRY(const std::uint32_t free, wait_for_room());
    VSL_TRY(const std::uint32_t index, pictures_.put(*device_, picture, wish, free));
    ++inside_;
    begun_ = true;
    return pictures_.lent() ? wait_until_read(index) : Result<void>();
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

  Result<std::optional<BackendPacket>> receive() override { return next(); }
  std::string name() const override { return device_->device.card; }
  std::uint64_t copies() const override { return pictures_.copies(); }

 private:
  M2mEncoder(const EncoderSetup& setup, std::unique_ptr<M2mDevice> device, PictureInput pictures,
             std::shared_ptr<CaptureQueue> packets)
      : Coder(std::move(device), "encoder", kPatienceNs, setup.options.low_latency),
        setup_(setup),
        pictures_(std::move(pictures)),
        packets_(std::move(packets)) {}

  OutputQueue& input() override { return pictures_.queue(); }
  short output_events() const override { return POLLIN; }
  // A driver that cannot be told of the end has given out all there is when nothing is inside.
  bool may_have_nothing() const override { return false; }

  Result<std::optional<BackendPacket>> step() override {
    VSL_CHECK(input().reclaim());
    VSL_TRY(auto packet, take_packet());
    if (!packet && draining_ && !tells_end_ && inside_ == 0) ended_ = true;
    return packet;
  }

  Result<void> start() {
    VSL_CHECK(input().start());
    return packets_->start();
  }

  // Begins a new stream, whose first picture is a key picture.
  Result<void> restart() {
    VSL_CHECK(input().stop());
    VSL_CHECK(packets_->stop());
    forget();
    begun_ = false;
    return start();
  }

  // Where the driver has no way to ask for one, the stream ends here and the next one begins.
  Result<void> force_key_frame() {
    if (device_->set_nearest(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 1)) return {};
    return end_stream();
  }

  Result<void> end_stream() {
    std::deque<BackendPacket> packets = std::exchange(ready_, {});
    VSL_CHECK(drain());
    for (;;) {
      VSL_TRY(auto packet, next());
      if (!packet) break;
      packets.push_back(std::move(*packet));
    }
    VSL_CHECK(restart());
    ready_ = std::move(packets);
    return {};
  }

  // The caller may write into the picture again as soon as it has it back.
  Result<void> wait_until_read(std::uint32_t index) {
    VSL_TRY(const bool read, wait_for_input(v4l2::Patience(kReadingLimitNs),
                                            [&] { return input().is_free(index); }));
    if (read) return {};
    VSL_LOG_INFO("the encoder keeps pictures: they are copied for it",
                 kv("device", device_->output.path));
    pictures_.copy_from_now_on();
    return end_stream();
  }

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
    if (whole || (taken.flags & V4L2_BUF_FLAG_ERROR) != 0) leaves();
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

  const EncoderSetup setup_;
  PictureInput pictures_;
  std::shared_ptr<CaptureQueue> packets_;
  std::shared_ptr<FrameMemory> memory_ = std::make_shared<FrameMemory>();
  std::int64_t packets_out_ = 0;
  bool begun_ = false;  ///< a picture was sent since the start
  bool tells_end_ = true;
};

}  // namespace

Result<std::unique_ptr<EncoderBackend>> open_encoder(const EncoderSetup& setup) {
  return M2mEncoder::open(setup);
}

}  // namespace vsl::codec::m2m
