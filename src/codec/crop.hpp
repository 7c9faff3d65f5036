// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/backend.hpp"
#include "videostream/frame_info.hpp"

namespace vsl::codec {

/// The part of a picture to encode: `wanted`, else what the picture says is to be seen, else all.
/// Errors: invalid_argument (not inside, or across pixels that share their chroma); not_supported
/// (a format whose rows are not known, unless it is all).
Result<Rect> part_to_encode(const FrameInfo& picture, const Rect& wanted);

/// Where the part's first pixel lies in a plane, from the plane's beginning.
std::uint64_t plane_offset_of(const Layout& layout, std::size_t plane, const Rect& part);

/// Copies a part of a picture to where `to` says its planes lie in `memory`, one piece per buffer,
/// which have room for it. Errors: bad_address (the picture cannot be mapped).
Result<void> copy_part(RawPicture& picture, const Rect& part, const Layout& to,
                       std::span<const std::span<std::byte>> memory);

}  // namespace vsl::codec
