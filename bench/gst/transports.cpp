// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "transports.hpp"

#include <gst/gst.h>

#include "floor.hpp"

namespace vsl::gst_bench {
namespace {

bool has_element(const std::string& text) {
  GstElementFactory* factory = gst_element_factory_find(text.substr(0, text.find(' ')).c_str());
  if (factory == nullptr) return false;
  gst_object_unref(factory);
  return true;
}

std::string caps(const Picture& picture) {
  return " ! video/x-raw,format=NV12,width=" + std::to_string(picture.width_px) +
         ",height=" + std::to_string(picture.height_px) +
         ",framerate=" + std::to_string(picture.rate_fps) + "/1 ! ";
}

std::string end(const Transport& transport, const char* element, const std::string& path) {
  std::string text = std::string(element) + " name=end";
  if (transport.path_property != nullptr) {
    text += std::string(" ") + transport.path_property + "=" + path;
  }
  return text;
}

}  // namespace

// Each as its users set it for low latency; what sinks hold back for a preview is held by none.
const std::vector<Transport>& transports() {
  static const std::vector<Transport> all = {
      {Kind::ours, "vsl", "vslsink sync=false async=false", "vslsrc timeout=0 connect-timeout=-1",
       "path"},
      {Kind::peer, "shm",
       "shmsink sync=false async=false enable-last-sample=false wait-for-connection=false",
       "shmsrc is-live=true do-timestamp=true", "socket-path"},
      {Kind::peer, "unixfd", "unixfdsink sync=false async=false enable-last-sample=false",
       "unixfdsrc", "socket-path"},
      {Kind::floor, "floor", nullptr, nullptr, nullptr},
      {Kind::nobody, "none", "fakesink sync=false async=false enable-last-sample=false", nullptr,
       nullptr}};
  return all;
}

bool is_installed(const Transport& transport) {
  if (transport.kind == Kind::floor) return true;
  return has_element(transport.sink) &&
         (transport.source == nullptr || has_element(transport.source));
}

std::string producer_text(const Transport& transport, const Picture& picture,
                          const std::string& path) {
  if (transport.kind == Kind::floor) return floor_text(picture, path);
  return "videotestsrc is-live=true pattern=black" + caps(picture) +
         end(transport, transport.sink, path);
}

std::string consumer_text(const Transport& transport, const Picture& picture,
                          const std::string& path) {
  if (transport.kind == Kind::floor) return floor_text(picture, path);
  return end(transport, transport.source, path) + caps(picture) +
         "fakesink sync=false async=false enable-last-sample=false";
}

}  // namespace vsl::gst_bench
