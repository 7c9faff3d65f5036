// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <poll.h>

#include <deque>
#include <utility>

#include "codec/v4l2m2m/devices.hpp"
#include "v4l2/output_queue.hpp"

namespace vsl::codec::m2m {

/// What an encoder and a decoder have in common: something goes into one queue of a device, and
/// what the device makes of it (`Made`) comes out of the other, sooner or later. Thread-confined.
template <class Made>
class Coder {
 protected:
  /// `patience_ns`: a device that has been silent for so long waits for more.
  Coder(std::unique_ptr<v4l2::M2mDevice> device, const char* what, std::int64_t patience_ns,
        bool low_latency)
      : device_(std::move(device)),
        what_(what),
        patience_ns_(patience_ns),
        low_latency_(low_latency) {}
  virtual ~Coder() = default;

  virtual v4l2::OutputQueue& input() = 0;
  /// What can be done without waiting: takes back input, gives out what is made; sets ended_.
  virtual Result<std::optional<Made>> step() = 0;
  /// Whether nothing may come although the device was told that the end is near.
  virtual bool may_have_nothing() const = 0;
  /// What poll(2) is to look for besides room for input.
  virtual short output_events() const = 0;

  /// The next that was made; nothing when there is room for more input and low latency wants none
  /// of what is inside, or at the end.
  Result<std::optional<Made>> next() {
    if (!ready_.empty()) return take_ready();
    v4l2::Patience patience(patience_ns_), limit(kDeviceLimitNs);
    while (!ended_) {
      VSL_TRY(auto made, step());
      if (made || ended_) return made;
      const bool room = input().find_free().has_value();
      if (!draining_ && room && may_keep()) break;
      const bool may_want_more = draining_ ? may_have_nothing() : room;
      const short events = static_cast<short>(output_events() | (room ? 0 : POLLOUT));
      VSL_TRY(const bool waited, device_->wait(events, may_want_more ? patience : limit));
      if (waited) continue;
      if (!may_want_more) return hangs();
      kept_ = inside_;
      ended_ = draining_;
    }
    return std::optional<Made>();
  }

  /// Waits until the driver gives back an input buffer that `is_wanted`; what comes out meanwhile
  /// is kept: a device that cannot get rid of it takes nothing either. False when patience is over.
  template <class Wanted>
  Result<bool> wait_for_input(v4l2::Patience patience, const Wanted& is_wanted) {
    for (;;) {
      VSL_TRY(auto made, step());
      if (made) ready_.push_back(std::move(*made));
      if (is_wanted()) return true;
      if (made) continue;
      const short events = static_cast<short>(output_events() | POLLOUT);
      VSL_TRY(const bool waited, device_->wait(events, patience));
      if (!waited) return false;
    }
  }

  Result<std::uint32_t> wait_for_room() {
    VSL_TRY(const bool room, wait_for_input(v4l2::Patience(kDeviceLimitNs),
                                            [&] { return input().find_free().has_value(); }));
    if (!room) return hangs();
    return *input().find_free();
  }

  /// For a new stream.
  void forget() {
    draining_ = ended_ = false;
    inside_ = 0;
  }

  void leaves() { inside_ -= inside_ > 0 ? 1 : 0; }

  Error hangs() const {
    return Error::of(std::errc::timed_out, std::string("wait for the ") + what_ + " " +
                                               device_->output.path +
                                               ", which does nothing any more");
  }

  std::unique_ptr<v4l2::M2mDevice> device_;
  std::deque<Made> ready_;    ///< that came while there was no room
  std::uint32_t inside_ = 0;  ///< pieces of input of which nothing came yet
  bool draining_ = false, ended_ = false;

 private:
  bool may_keep() const { return !low_latency_ || inside_ <= kept_; }

  std::optional<Made> take_ready() {
    std::optional<Made> made(std::move(ready_.front()));
    ready_.pop_front();
    return made;
  }

  const char* const what_;
  const std::int64_t patience_ns_;
  const bool low_latency_;
  std::uint32_t kept_ = 0;  ///< so many the device keeps until it gets more
};

}  // namespace vsl::codec::m2m
