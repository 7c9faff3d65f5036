// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "source.hpp"
#include "videostream/codec.hpp"

namespace vsl::command {

/// The frames of another source, encoded, and on demand stamped: the pixels' own stamps are lost.
class EncodedSource final : public Source {
 public:
  EncodedSource(std::unique_ptr<Source> raw, Encoder encoder, bool stamps)
      : raw_(std::move(raw)), encoder_(std::move(encoder)), stamps_(stamps) {}

  Result<std::optional<Frame>> next_frame(const StopSignal& stop) override;
  bool ended() const override { return ended_; }
  std::string name() const override { return raw_->name(); }
  std::string description() const override;
  std::uint32_t buffers() const override { return raw_->buffers(); }
  SourceStats stats() const override;
  Damage damage() const override { return raw_->damage(); }
  std::vector<std::string> losses() const override { return raw_->losses(); }
  Site site() const override { return site_; }
  void want_key_frame() override { wish_.key_frame = true; }
  std::optional<FrameRate> rate() const override { return raw_->rate(); }

 private:
  Result<std::optional<Frame>> packet();

  std::unique_ptr<Source> raw_;
  Encoder encoder_;
  EncodeWish wish_;
  Site site_ = Site::codec;
  bool stamps_;
  bool drained_ = false, ended_ = false;
};

}  // namespace vsl::command
