// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <cstring>

#include "codec/v4l2m2m/coder.hpp"
#include "codec/v4l2m2m/picture_output.hpp"
#include "v4l2/ioctl.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::M2mDevice;
using v4l2::OutputQueue;

/// Units of this size fit; larger ones go in pieces, which most drivers take.
constexpr std::uint32_t kUnitBytes = 2U << 20;
constexpr std::uint32_t kUnitBuffers = 4;
/// A decoder that has said nothing for so long after the last unit found no beginning in it.
constexpr std::int64_t kPatienceNs = 2'000'000'000;

class M2mDecoder final : public DecoderBackend, private Coder<BackendPicture> {
 public:
  static Result<std::unique_ptr<DecoderBackend>> open(const DecoderOptions& options) {
    VSL_TRY(auto device, open_device(options.codec, false));
    v4l2::DriverFormat coded{.pixel_format = options.codec, .plane_count = 1};
    coded.planes[0].size_bytes = kUnitBytes;
    VSL_TRY(const auto driver, v4l2::set_format(device->output, coded));
    VSL_TRY(const auto agreed,
            v4l2::agreement_on(device->output, driver, options.codec, /*coded=*/true));
    device->subscribe();
    VSL_TRY(auto units, OutputQueue::create(device->output, agreed, kUnitBuffers));
    VSL_CHECK(units.start());
    return std::unique_ptr<DecoderBackend>(
        new M2mDecoder(std::move(device), std::move(units), options));
  }

  ~M2mDecoder() override {
    (void)units_.stop();
    (void)pictures_.close();
  }

  Result<void> send(std::span<const std::byte> unit, std::int64_t stamp) override {
    while (!unit.empty()) {
      VSL_TRY(const std::uint32_t index, wait_for_room());
      const auto memory = units_.plane(index, 0);
      const std::size_t bytes = std::min(unit.size(), memory.size());
      std::memcpy(memory.data(), unit.data(), bytes);
      v4l2::OutputBytes queued{.stamp_us = stamp};
      queued.used[0] = static_cast<std::uint32_t>(bytes);
      VSL_CHECK(units_.queue(index, queued));
      unit = unit.subspan(bytes);
    }
    ++inside_;
    return {};
  }

  Result<void> drain() override {
    draining_ = true;
    return {};
  }

  // The sequence of a seek. A size that was announced is not announced again.
  Result<void> reset() override {
    ready_.clear();
    VSL_CHECK(units_.stop());
    changed_ |= device_->source_changed();
    if (pictures_.is_open()) VSL_CHECK(changed_ ? begin_size() : pictures_.restart());
    changed_ = stop_said_ = last_seen_ = false;
    forget();
    return units_.start();
  }

  Result<std::optional<BackendPicture>> receive() override { return next(); }
  std::string name() const override { return device_->device.card; }
  DecoderCounts counts() const override { return pictures_.counts(); }

 private:
  M2mDecoder(std::unique_ptr<M2mDevice> device, OutputQueue units, const DecoderOptions& options)
      : Coder(std::move(device), "decoder", kPatienceNs, options.low_latency),
        units_(std::move(units)),
        pictures_(options.format) {}

  OutputQueue& input() override { return units_; }
  bool may_have_nothing() const override { return !pictures_.is_open(); }
  short output_events() const override {
    return static_cast<short>(POLLPRI | (pictures_.is_open() ? POLLIN : 0));
  }

  // What can be done without waiting: takes a picture, a new size, the end.
  Result<std::optional<BackendPicture>> step() override {
    VSL_CHECK(units_.reclaim());
    for (;;) {
      changed_ |= device_->source_changed();
      if (changed_ && (!pictures_.is_open() || last_seen_)) VSL_CHECK(begin_size());
      if (!pictures_.is_open()) {
        ended_ = draining_ && units_.idle() && inside_ == 0;
        return std::optional<BackendPicture>();
      }
      VSL_CHECK(say_last());
      VSL_TRY(auto picture, take_picture());
      if (picture) return picture;
      if (!last_seen_) return std::optional<BackendPicture>();
      changed_ |= device_->source_changed();
      if (changed_) continue;
      ended_ = draining_;
      return std::optional<BackendPicture>();
    }
  }

  // A decoder that has no pictures' size yet forgets that it was to stop.
  Result<void> say_last() {
    if (!draining_ || stop_said_) return {};
    stop_said_ = true;
    VSL_TRY(const bool known, device_->say_last(/*encoder=*/false));
    if (known) return {};
    return Error::of(std::errc::not_supported,
                     "drain " + device_->output.path + ", whose driver cannot");
  }

  Result<void> begin_size() {
    changed_ = last_seen_ = stop_said_ = false;
    return pictures_.open(*device_);
  }

  Result<std::optional<BackendPicture>> take_picture() {
    for (;;) {
      VSL_TRY(auto taken, pictures_.take());
      last_seen_ |= taken.last;
      if (taken.unit) leaves();
      if (taken.picture) return std::move(taken.picture);
      if (!taken.any || last_seen_) return std::optional<BackendPicture>();
    }
  }

  OutputQueue units_;
  PictureOutput pictures_;
  bool changed_ = false;  ///< a new size comes after the last picture of the old one
  bool last_seen_ = false, stop_said_ = false;
};

}  // namespace

Result<std::unique_ptr<DecoderBackend>> open_decoder(const DecoderOptions& options) {
  return M2mDecoder::open(options);
}

}  // namespace vsl::codec::m2m
