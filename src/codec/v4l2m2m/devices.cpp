// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/v4l2m2m/devices.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "v4l2/device_nodes.hpp"

namespace vsl::codec {
namespace m2m {
namespace {

// Pictures without the headers that a program has to read for these drivers (request API).
constexpr Fourcc kStateless[] = {fourcc("S264"), fourcc("S265"), fourcc("SFWH"), fourcc("MG2S"),
                                 fourcc("VP8F"), fourcc("VP9F"), fourcc("AV1F")};

bool is_stateful(Fourcc codec) {
  return std::find(std::begin(kStateless), std::end(kStateless), codec) == std::end(kStateless);
}

// As with release 2.5 a node can be named; others are not looked at then.
bool is_excluded(const Device& device, bool encode) {
  const char* named = ::secure_getenv(encode ? "VSL_V4L2_ENCODER_DEV" : "VSL_V4L2_DECODER_DEV");
  return named != nullptr && *named != '\0' && device.path != named;
}

void add_codecs(const Device& device, std::vector<CodecAbility>& list) {
  const bool encode = device.type == DeviceType::encoder;
  if (is_excluded(device, encode)) return;
  for (const DeviceFormat& format : encode ? device.capture_formats : device.output_formats) {
    if (!is_stateful(format.fourcc)) continue;
    list.push_back({.codec = format.fourcc,
                    .backend = CodecBackend::v4l2,
                    .encodes = encode,
                    .decodes = !encode,
                    .name = device.card,
                    .device = device.path});
  }
}

}  // namespace

Result<std::vector<CodecAbility>> abilities() {
  VSL_TRY(const auto nodes, v4l2::video_nodes("/dev"));
  std::vector<CodecAbility> list;
  std::optional<Error> refused;
  for (const std::string& node : nodes) {
    const auto device = inspect_device(node);
    if (!device) {
      const bool odd = device.error().code != std::errc::not_supported;  // it may be one
      if (odd && !refused) refused = device.error();
    } else if (device->type == DeviceType::encoder || device->type == DeviceType::decoder) {
      add_codecs(*device, list);
    }
  }
  if (!list.empty()) return list;
  const std::string what = "look for V4L2 encoders and decoders";
  if (refused) return Error{refused->code, what + ": " + refused->where};
  return Error::of(
      std::errc::no_such_device,
      what + " (none of the " + std::to_string(nodes.size()) + " nodes in /dev is one)");
}

Result<std::unique_ptr<v4l2::M2mDevice>> open_device(Fourcc codec, bool encode) {
  VSL_TRY(const auto list, abilities());
  Error refused = Error::of(std::errc::not_supported, std::string(encode ? "encode " : "decode ") +
                                                          codec.to_string() + " with V4L2");
  for (const CodecAbility& ability : list) {
    if (ability.codec != codec || ability.encodes != encode) continue;
    auto opened = v4l2::M2mDevice::open(ability.device);
    if (opened) return opened;
    refused = std::move(opened).error();
  }
  return refused;
}

}  // namespace m2m

const Backend kV4l2Backend{CodecBackend::v4l2, m2m::abilities, m2m::open_encoder,
                           m2m::open_decoder};

}  // namespace vsl::codec
