// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "ipc/capi_access.hpp"
#include "videostream.h"
#include "videostream/client.hpp"
#include "videostream/frame.hpp"

namespace vsl::capi {

class PostedFrames;
class ReceivedFrames;

}  // namespace vsl::capi

/// What stands behind a VSLFrame. Its own: neither `posted` nor `received` is set. Thread-confined,
/// but for what PostedFrames and ReceivedFrames guard.
struct vsl_frame {
  vsl::FrameInfo info;  ///< without memory its layout has no planes and no buffers
  std::array<std::shared_ptr<vsl::Buffer>, vsl::kMaxPlanes> buffers;
  std::uint32_t given_stride = 0;  ///< what the producer called its stride; 0 = no padding
  bool legacy_stride = false;      ///< vsl_frame_stride() is the row summed over planes
  /// Duplicate that belongs to the cleanup callback, which is to close it. The library works on the
  /// one in the buffer.
  int callback_fd = -1;
  vsl::Frame lent;  ///< what a decoder gave: memory that goes back to it
  bool cpu_access = false;
  bool ending = false;  ///< its cleanup callback runs
  void* userptr = nullptr;
  vsl_frame_cleanup cleanup = nullptr;

  std::shared_ptr<vsl::capi::PostedFrames> posted;

  std::shared_ptr<vsl::capi::ReceivedFrames> received;
  vsl::Lease lease;            ///< guarded by the mutex of `received`
  int locks = 0;               ///< guarded likewise
  vsl::ipc::LeaseToken token;  ///< to lease the frame again

  bool is_own() const { return posted == nullptr && received == nullptr; }
  /// The buffer of the first plane; nullptr without memory.
  const vsl::Buffer* main_buffer() const {
    return info.layout.buffer_count != 0 ? buffers[info.layout.planes[0].buffer].get() : nullptr;
  }
};

namespace vsl::capi {

/// Where in the main buffer the picture begins: its first plane there.
std::uint64_t picture_offset(const Layout& layout);

/// Ends the CPU access session, if one is open.
void end_cpu_access(VSLFrame& frame) noexcept;

/// Lets memory go; the description stays.
void drop_memory(VSLFrame& frame) noexcept;

/// The end of a frame of our own: memory, callback, object.
void destroy(VSLFrame* frame) noexcept;

}  // namespace vsl::capi
