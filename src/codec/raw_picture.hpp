// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/backend.hpp"
#include "videostream/client.hpp"

namespace vsl::codec {

class PictureOfFrame final : public RawPicture {
 public:
  explicit PictureOfFrame(Frame& frame) : frame_(frame) {}
  const FrameInfo& info() const override { return frame_.info(); }
  std::span<const std::byte> plane(std::size_t index) override { return frame_.plane(index); }
  int buffer_fd(std::size_t index) override {
    frame_.end_cpu_access();
    return index < info().layout.buffer_count ? frame_.buffer(index)->fd() : -1;
  }

 private:
  Frame& frame_;
};

class PictureOfLease final : public RawPicture {
 public:
  explicit PictureOfLease(const Lease& lease) : lease_(lease), info_(lease.info()) {}
  const FrameInfo& info() const override { return info_; }
  std::span<const std::byte> plane(std::size_t index) override { return lease_.plane(index); }
  int buffer_fd(std::size_t index) override { return lease_.buffer_fd(index); }

 private:
  const Lease& lease_;
  FrameInfo info_;
};

}  // namespace vsl::codec
