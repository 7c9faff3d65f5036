// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <vector>

namespace vsl::gst_bench {

/// What is sent in every run.
struct Picture {
  int width_px = 1920, height_px = 1080, rate_fps = 60;
};

/// `floor` is what the same takes without pipelines, `nobody` what a producer costs by itself.
enum class Kind { ours, peer, floor, nobody };

/// A pair of elements that hands buffers from process to process.
struct Transport {
  Kind kind;
  const char* name;
  const char* sink;    ///< the element and its settings, but for the path
  const char* source;  ///< the same; nullptr: nobody reads
  const char* path_property;
};

/// Ours comes first.
const std::vector<Transport>& transports();
/// Whether the GStreamer that is installed has both elements.
bool is_installed(const Transport& transport);

/// Pipelines whose element at the transport is called "end".
std::string producer_text(const Transport& transport, const Picture& picture,
                          const std::string& path);
std::string consumer_text(const Transport& transport, const Picture& picture,
                          const std::string& path);

}  // namespace vsl::gst_bench
