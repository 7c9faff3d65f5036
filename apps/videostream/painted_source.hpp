// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pacer.hpp"
#include "painter.hpp"
#include "source.hpp"
#include "videostream/pool.hpp"

namespace vsl::command {

/// Frames that a painter fills, in buffers of a pool, each at the time it is due.
class PaintedSource final : public Source {
 public:
  /// `stamps`: so that `receive --verify` can prove every picture whole.
  PaintedSource(std::string name, std::unique_ptr<Painter> painter, Pool pool, bool stamps)
      : name_(std::move(name)),
        painter_(std::move(painter)),
        pool_(std::move(pool)),
        stamps_(stamps) {}

  Result<std::optional<Frame>> next_frame(const StopSignal& stop) override;
  bool ended() const override { return ended_; }
  std::string name() const override { return name_; }
  std::string description() const override;
  std::uint32_t buffers() const override { return pool_.stats().buffers; }
  SourceStats stats() const override;
  Damage damage() const override { return painter_->damage(); }
  std::vector<std::string> losses() const override {
    return painter_->losses(pool_.layout().fourcc);
  }
  Site site() const override { return Site::file; }
  std::optional<FrameRate> rate() const override { return painter_->rate(); }

 private:
  Result<void> make_ready();
  Result<std::optional<Frame>> paint();

  std::string name_;
  std::unique_ptr<Painter> painter_;
  Pool pool_;
  bool stamps_;
  Pacer pacer_;
  std::optional<std::int64_t> start_ns_;  // when the first picture was due
  std::optional<std::int64_t> due_ns_;    // of the picture that is ready
  std::int64_t pts_ns_ = 0;               // … from the first picture
  std::uint64_t sequence_ = 0, starved_ = 0, painted_ = 0;
  bool ended_ = false;
};

}  // namespace vsl::command
