// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/devices.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "codec/hantro/wrapper.hpp"

namespace vsl::codec {
namespace hantro {
namespace {

/// The wrapper opens its nodes itself, and says little when it cannot: so we look first. Boards
/// whose nodes have other names can name them.
struct Node {
  const char* variable;
  const char* usual;
};
constexpr Node kDecoderNode{"VSL_HANTRO_DECODER_DEV", "/dev/mxc_hantro"};
constexpr Node kEncoderNode{"VSL_HANTRO_ENCODER_DEV", "/dev/mxc_hantro_vc8000e"};

struct Codec {
  Fourcc codec;
  abi::Standard standard;
};
constexpr Codec kCodecs[] = {{fourcc("H264"), abi::kAvc}, {fourcc("HEVC"), abi::kHevc}};

Result<std::string> usable(const Node& node) {
  const char* named = ::secure_getenv(node.variable);
  std::string path = named != nullptr && *named != '\0' ? named : node.usual;
  if (::access(path.c_str(), R_OK | W_OK) == 0) return path;
  return Error::last("use " + path);
}

void add(const std::string& node, bool encodes, std::vector<CodecAbility>& list) {
  for (const Codec& codec : kCodecs) {
    list.push_back({.codec = codec.codec,
                    .backend = CodecBackend::hantro,
                    .encodes = encodes,
                    .decodes = !encodes,
                    .name = abi::kSoname,
                    .device = node});
  }
}

// Most machines have no such device; those are spared the search for a library.
Result<std::vector<CodecAbility>> abilities() {
  const auto encoder = usable(kEncoderNode), decoder = usable(kDecoderNode);
  if (!encoder && !decoder) return decoder.error();
  VSL_CHECK(Wrapper::find());
  std::vector<CodecAbility> list;
  if (encoder) add(*encoder, true, list);
  if (decoder) add(*decoder, false, list);
  return list;
}

}  // namespace

Result<abi::Standard> standard_of(Fourcc codec) {
  for (const Codec& known : kCodecs) {
    if (known.codec == codec) return known.standard;
  }
  return Error::of(std::errc::not_supported, "code " + codec.to_string() + " with Hantro");
}

}  // namespace hantro

const Backend kHantroBackend{CodecBackend::hantro, hantro::abilities, hantro::open_encoder,
                             hantro::open_decoder};

}  // namespace vsl::codec
