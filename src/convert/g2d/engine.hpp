// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>

#include "base/fork_guard.hpp"
#include "convert/g2d/addresses.hpp"
#include "convert/g2d/blit.hpp"

namespace vsl::convert::g2d {

/// An open handle of the engine. Opened, used and closed on one thread, as the library wants it.
class Engine {
 public:
  /// Errors: no_such_device (the library does not open it).
  static Result<std::unique_ptr<Engine>> open(const Library& library,
                                              Reach (*reach)(const Buffer&) = reach_of);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Errors: not_supported (a job for the CPU; nothing was touched); io_error (the engine failed:
  ///         what is in the target is anybody's guess, but nothing is written there any more).
  Result<void> convert(const Job& job);

  const Library& library() const noexcept { return library_; }
  const Features& features() const noexcept { return features_; }

 private:
  Engine(const Library& library, void* handle, Reach (*reach)(const Buffer&));
  template <class Address, class Byte>
  bool fill(Surface<Address>& surface, const Side& side, const RawPicture<Byte>& picture);
  template <class Address>
  Result<void> convert_as(const Blit& blit, const Job& job);
  Result<void> run(const Blit& blit, const void* from, const void* to);
  bool set_colors(Capability wanted);
  void query();
  void close() noexcept;

  const Library& library_;
  void* handle_;  ///< null: closed, after it had failed
  ForkGuard fork_guard_;
  Features features_;
  Addresses addresses_;
  std::optional<Capability> colors_;  ///< what is switched on
  /// Failures in a row of each pair of formats: what never works is not tried with every picture.
  std::array<std::array<std::uint8_t, kFormatCodes>, kFormatCodes> failures_{};
};

}  // namespace vsl::convert::g2d
