// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <glib-object.h>
#include <gst/gst.h>

#include <memory>

namespace vsl::gst {

struct Unref {
  void operator()(GstBuffer* buffer) const noexcept { gst_buffer_unref(buffer); }
  void operator()(GstCaps* caps) const noexcept { gst_caps_unref(caps); }
  void operator()(GstMemory* memory) const noexcept { gst_memory_unref(memory); }
  void operator()(GstStructure* structure) const noexcept { gst_structure_free(structure); }
  void operator()(GstClock* clock) const noexcept { gst_object_unref(clock); }
  void operator()(GstBufferPool* pool) const noexcept { gst_object_unref(pool); }
  void operator()(gchar* text) const noexcept { g_free(text); }
};

/// A reference of GStreamer's that is given back at the end of its scope.
template <class T>
using Ref = std::unique_ptr<T, Unref>;

}  // namespace vsl::gst
