// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "videostream/codec.hpp"
#include "videostream/convert.hpp"
#include "videostream/device.hpp"

namespace vsl::command {

/// What came of trying a camera.
struct TriedCamera {
  std::string path;
  std::optional<Device> device;  ///< if it could be asked
  std::string failure;           ///< why it cannot be used; empty: it can
};

/// The parts of what `info` says. A part that is unknown is absent, never null.
nlohmann::ordered_json camera_json(const TriedCamera& camera);
/// Who is taken for a codec when nobody is asked for by name.
struct ChosenCodec {
  Fourcc codec;
  std::optional<CodecBackend> backend;  ///< nothing: nobody
  std::string failure;                  ///< why nobody is
};
/// Who encodes or decodes what here, not what the machine might have; who of them is taken, and why
/// others are not. `wish`: what VSL_CODEC_BACKEND says, may be empty.
nlohmann::ordered_json codec_json(const CodecReport& report, bool encoders,
                                  const std::vector<ChosenCodec>& chosen, const std::string& wish);
/// Who crops, scales and converts pictures here, and who would.
nlohmann::ordered_json converter_json(const std::vector<ConverterBackend>& converters);
nlohmann::ordered_json v4l2_json(const std::vector<Device>& devices);

/// The whole as text, of the same object that --json prints.
std::string info_text(const nlohmann::ordered_json& report);

}  // namespace vsl::command
