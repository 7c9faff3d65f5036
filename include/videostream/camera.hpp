// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "videostream/device.hpp"
#include "videostream/frame.hpp"

namespace vsl {

/// Where the driver writes pictures. What can be had depends on driver and machine.
enum class CameraMemory : std::uint32_t {
  automatic,  ///< the first of `mmap`, `userptr`, `copy` that works
  mmap,       ///< the driver's own memory, exported as dma-bufs: no copy
  dma_buf,    ///< dma-bufs we allocate (`CameraOptions::memory`: heap or udmabuf): no copy
  userptr,    ///< memfds we allocate, written by the driver through our mapping: no copy
  copy,       ///< the driver's memory, copied once into memfds: always works, is counted
};

/// What is wanted of a camera; zeros leave it to the driver.
struct CameraOptions {
  Fourcc format = {};  ///< V4L2's code or one with the same bytes (I420 for YU12, BGRA for AR24 …)
  std::uint32_t width_px = 0, height_px = 0;
  bool nearest_size = false;    ///< take the driver's nearest instead of refusing; format() tells
  FrameInterval interval = {};  ///< VIDIOC_S_PARM; the driver takes the nearest it has
  std::uint32_t buffers = 6;    ///< 2 … 32; the driver may insist on more
  CameraMemory memory = CameraMemory::automatic;
  MemoryOptions import = {};  ///< for CameraMemory::dma_buf
  /// What consumers of the frames may do with them. With `read`, mmap frames are read-only for this
  /// process too: nobody can map such a dma-buf writable.
  Access access = Access::read;
};

/// What driver and we agreed on.
struct CameraFormat {
  Fourcc pixel_format;  ///< V4L2's code
  Layout layout;        ///< of each frame; coded data: one plane as large as its buffer
  Colorimetry color;    ///< with V4L2's defaults filled in
  /// Raw V4L2_COLORSPACE_*, _XFER_FUNC_*, _YCBCR_ENC_*, _QUANTIZATION_*; 0 = the driver's default.
  std::uint32_t v4l2_colorspace = 0, v4l2_transfer = 0, v4l2_encoding = 0, v4l2_range = 0;
  FrameInterval interval;      ///< 0/0: the driver does not say
  std::uint8_t interlace = 0;  ///< as FrameInfo::interlace
  std::uint32_t buffers = 0;
  CameraMemory memory = CameraMemory::mmap;  ///< never automatic
  bool multiplanar = false;
};

enum class ControlType : std::uint32_t {
  integer,
  boolean,
  menu,
  integer_menu,
  button,
  text,
  other
};

struct ControlChoice {
  std::int64_t value = 0;
  std::string name;
};

/// A setting of the device: brightness, exposure, flip.
struct Control {
  std::uint32_t id = 0;  ///< V4L2_CID_*
  std::string name;      ///< the driver's: "Horizontal Flip"
  std::string key;       ///< the same for a command line: "horizontal_flip"
  ControlType type = ControlType::integer;
  std::int64_t minimum = 0, maximum = 0, step = 0, default_value = 0;
  std::int64_t value = 0;  ///< when it was read
  std::string text;        ///< value of a text control
  bool read_only = false, inactive = false, write_only = false;
  std::vector<ControlChoice> choices;  ///< of menus
};

struct CameraStats {
  std::uint64_t captured = 0;        ///< frames handed out
  std::uint64_t driver_dropped = 0;  ///< gaps in the driver's sequence
  std::uint64_t damaged = 0;         ///< flagged as erroneous by the driver and given back to it
  std::uint64_t starved = 0;         ///< times the driver had no buffer left: readers held all
  std::uint64_t copies = 0;          ///< frames copied: CameraMemory::copy
  std::uint32_t queued = 0;          ///< buffers with the driver now
  /// Pictures to which the driver gave the number of the one before; they are pictures like others.
  std::uint64_t repeated_sequences = 0;
};

/// A V4L2 capture device: webcams, sensors, capture cards, single- and multi-planar.
/// Frames lie in the driver's buffers (unless copied) and go back to the driver when they are
/// destroyed, or when the host that published them has recycled them: never while a reader has one.
/// Threads: thread-confined; frames may be let go from any thread, also after the Camera is gone.
/// Source:  kernel documentation, userspace-api/media/v4l.
class VSL_EXPORT Camera {
 public:
  /// Opens the device and takes its lock (flock), so that one program at a time has it.
  /// Errors: no_such_file_or_directory; permission_denied; not_supported (not a capture device);
  ///         device_or_resource_busy (where it can be told, with the process that has it).
  static Result<Camera> open(const std::string& path);

  Camera(Camera&&) noexcept;
  Camera& operator=(Camera&&) noexcept;
  ~Camera();  ///< stops; frames still out stay readable

  const Device& device() const noexcept;
  int fd() const noexcept;  ///< readable when try_capture() has something; borrowed

  /// Agrees on a format and sets up buffers; again at any time, streaming stops for it. Frames that
  /// are out keep their memory. After an error nothing is configured.
  /// Errors: invalid_argument (format or size the driver has not: says which it has);
  ///         device_or_resource_busy (says by whom where it can be told; with kernels before 5.0
  ///         also while frames are out); not_enough_memory; not_supported (kind of memory).
  Result<CameraFormat> configure(const CameraOptions& options);
  const CameraFormat& format() const noexcept;  ///< zeros before configure()

  /// Both may be called again and again. Frames that are out stay out.
  /// Errors: errno of the driver; operation_not_permitted before configure().
  Result<void> start();
  Result<void> stop();

  /// The next picture; nothing when none came within `timeout` (0: does not wait). Frames have
  /// capture time, dequeue time, sequence and colour set. A driver that has no buffer left because
  /// readers hold all is given back what hosts can take back, and it is counted.
  /// Errors: no_such_device (unplugged); io_error (the driver gave up); interrupted (a signal);
  ///         operation_not_permitted (not started).
  Result<std::optional<Frame>> capture(std::chrono::nanoseconds timeout);

  /// Every control with its present value. Errors: errno of the driver.
  Result<std::vector<Control>> controls() const;
  /// Sets a control by key, name or number ("0x00980914"); menus also by the name of a choice.
  /// Errors: invalid_argument (no such control, out of range: says what there is);
  ///         permission_denied (read-only); device_or_resource_busy (inactive now).
  Result<void> set_control(const std::string& key, const std::string& value);
  Result<void> set_control(std::uint32_t id, std::int64_t value);
  Result<std::int64_t> control(std::uint32_t id) const;

  /// Mirrors left and right, or top and bottom: by control, then as NXP's ISP wants it.
  /// Errors: not_supported where the device has neither.
  Result<void> mirror_horizontal(bool on);
  Result<void> mirror_vertical(bool on);

  CameraStats stats() const noexcept;

  struct Impl;
  explicit Camera(std::unique_ptr<Impl> impl) noexcept;
  Impl& impl() const noexcept { return *impl_; }  ///< for the library's own C shims

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl
