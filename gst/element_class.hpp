// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include "formats.hpp"

namespace vsl::gst {

/// What gst-inspect-1.0 shows of an element.
struct ElementAbout {
  const char *name, *klass, *description;
  const char* pad;
  GstPadDirection direction;
};

inline void describe_element(GstElementClass* element, const ElementAbout& about) {
  gst_element_class_set_static_metadata(element, about.name, about.klass, about.description,
                                        "The VideoStream authors");
  const Ref<GstCaps> caps(template_caps());
  gst_element_class_add_pad_template(
      element, gst_pad_template_new(about.pad, about.direction, GST_PAD_ALWAYS, caps.get()));
}

/// The virtual functions of GstBaseSink and GstBaseSrc that are alike, for an object that begins as
/// GObject wants it and has a member `impl`, made by its init function, with start(), stop() and
/// interrupt(bool).
template <class Object>
class ElementClass {
 public:
  template <class T>
  static auto& impl_of(T* object) {
    return *reinterpret_cast<Object*>(object)->impl;
  }

  /// `base` is the class of GstBaseSink or GstBaseSrc.
  template <class Base>
  static void install(Base* base, gpointer parent_class) {
    parent() = parent_class;
    G_OBJECT_CLASS(base)->finalize = finalize;
    GST_ELEMENT_CLASS(base)->change_state = change_state;
    base->unlock = [](auto* element) { return interrupt(element, true); };
    base->unlock_stop = [](auto* element) { return interrupt(element, false); };
  }

 private:
  static gpointer& parent() {
    static gpointer parent_class = nullptr;
    return parent_class;
  }

  // Not the start and stop of the base classes: they add an error of their own to that of a start
  // which failed, and a poor one.
  static GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
    auto& impl = impl_of(element);
    const bool up = change == GST_STATE_CHANGE_READY_TO_PAUSED;
    if (up && !impl.start()) return GST_STATE_CHANGE_FAILURE;
    const auto result = GST_ELEMENT_CLASS(parent())->change_state(element, change);
    const bool down = change == GST_STATE_CHANGE_PAUSED_TO_READY;
    if (down || (up && result == GST_STATE_CHANGE_FAILURE)) impl.stop();
    return result;
  }

  template <class T>
  static gboolean interrupt(T* element, bool on) {
    impl_of(element).interrupt(on);
    return TRUE;
  }

  static void finalize(GObject* object) {
    delete reinterpret_cast<Object*>(object)->impl;
    G_OBJECT_CLASS(parent())->finalize(object);
  }
};

}  // namespace vsl::gst
