// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "avformat/demuxer.hpp"
#include "values.hpp"

namespace vsl::command {

/// The largest size with square pixels that a video fits into and keeps its shape, in whole pairs
/// of pixels. `box` is as the viewer sees it: of a video that is to be shown lying on its side, the
/// size is that of the picture before it is turned.
Resolution size_within(Resolution box, const avformat::VideoStream& video);

}  // namespace vsl::command
