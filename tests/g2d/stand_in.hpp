// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

/// A library with the names and layouts of libg2d.so.2, written from its description and not from
/// our own declarations: pictures are queued by g2d_blit and converted by g2d_finish, addresses are
/// those of memory it was given, and what a real engine would spoil memory with is written down.
namespace vsl::g2d_stand_in {

/// What a test sets and reads. `fail_…`: how many of the next calls fail.
struct Settings {
  int handles = 0, buffers = 0;              ///< open now
  int blits = 0, finishes = 0, imports = 0;  ///< called
  int fail_open = 0, fail_blit = 0, fail_finish = 0, fail_enable = 0, fail_import = 0;
  bool scales = true, reads_yuv = true, writes_yuv = true;
  std::uint32_t refused_sources = 0;  ///< a bit per format
  std::uint64_t next_address = 0;     ///< of the next import, if not 0
  bool zero_address = false;          ///< imports have none
  std::string violations;             ///< a line each
};
struct Control : Settings {
  std::mutex mutex;  ///< of everything here
  void reset() { static_cast<Settings&>(*this) = Settings{}; }
};

/// The name of the library's function that returns it: `Control*()`.
inline constexpr const char* kControl = "vsl_g2d_stand_in";

}  // namespace vsl::g2d_stand_in
