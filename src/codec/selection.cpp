// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <strings.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <iterator>

#include "base/guarded.hpp"
#include "base/log.hpp"
#include "codec/backend.hpp"

namespace vsl {
namespace codec {
namespace {

// In the order in which `automatic` prefers them.
constexpr std::array kBackends{&kV4l2Backend, &kHantroBackend, &kSoftwareBackend};

struct Name {
  const char* text;
  CodecBackend backend;
};
constexpr Name kNames[] = {{"auto", CodecBackend::automatic},
                           {"hantro", CodecBackend::hantro},
                           {"v4l2", CodecBackend::v4l2},
                           {"software", CodecBackend::software}};

// Unknown text is as good as none: that is what release 2.5 made of it. But nobody means that.
CodecBackend from_environment() {
  const char* text = ::secure_getenv("VSL_CODEC_BACKEND");
  if (text == nullptr || *text == 0) return CodecBackend::automatic;
  for (const Name& name : kNames) {
    if (::strcasecmp(text, name.text) == 0) return name.backend;
  }
  static std::atomic_flag told;
  if (told.test_and_set()) return CodecBackend::automatic;  // who asks again knows it
  VSL_LOG_ERROR("VSL_CODEC_BACKEND is none of auto, v4l2, hantro and software: taken for auto",
                kv("value", text));
  return CodecBackend::automatic;
}

bool does(const std::vector<CodecAbility>& abilities, Fourcc codec, bool encode) {
  return std::any_of(abilities.begin(), abilities.end(), [&](const CodecAbility& ability) {
    return ability.codec == codec && (encode ? ability.encodes : ability.decodes);
  });
}

// "H264 by software (libx264)", of everybody who encodes or decodes something.
std::string who_does_what(const CodecReport& report, bool encode) {
  std::string text;
  for (const CodecAbility& ability : report.abilities) {
    if (!(encode ? ability.encodes : ability.decodes)) continue;
    text += (text.empty() ? "" : ", ") + ability.codec.to_string() + " by " +
            to_string(ability.backend) + " (" + ability.name + ")";
  }
  text = text.empty() ? "nothing is" : "these are: " + text;
  for (const MissingBackend& missing : report.missing) {
    text += "; " + to_string(missing.backend) + ": " + missing.reason.message();
  }
  return text;
}

Error nobody(CodecBackend wanted, Fourcc codec, bool encode, const std::string& report) {
  const std::string by = wanted == CodecBackend::automatic ? "" : " by " + to_string(wanted);
  return Error::of(std::errc::not_supported,
                   std::string(encode ? "encode " : "decode ") + codec.to_string() + by +
                       ": of what can be " + (encode ? "encoded" : "decoded") + " here, " + report);
}

}  // namespace

Result<const Backend*> select_backend(CodecBackend wanted, Fourcc codec, bool encode,
                                      const std::string& implementation) {
  if (!implementation.empty()) {
    if (wanted == CodecBackend::automatic || wanted == CodecBackend::software) {
      return &kSoftwareBackend;
    }
    return Error::of(std::errc::invalid_argument, "code with " + implementation + " of " +
                                                      to_string(wanted) +
                                                      ": implementations are FFmpeg's (software)");
  }
  if (wanted == CodecBackend::automatic) wanted = from_environment();
  CodecReport report;
  for (const Backend* backend : kBackends) {
    auto abilities = backend->abilities();
    const bool asked = wanted == CodecBackend::automatic || wanted == backend->id;
    if (!abilities) {
      report.missing.push_back({backend->id, std::move(abilities).error()});
    } else if (asked && does(*abilities, codec, encode)) {
      return backend;
    } else {
      std::move(abilities->begin(), abilities->end(), std::back_inserter(report.abilities));
    }
  }
  return nobody(wanted, codec, encode, who_does_what(report, encode));
}

}  // namespace codec

std::string to_string(CodecBackend backend) {
  for (const codec::Name& name : codec::kNames) {
    if (name.backend == backend) return name.text;
  }
  return "unknown";
}

Result<void> check_codec(Fourcc codec, bool encode, CodecBackend backend) {
  return guarded("ask for a codec", [&]() -> Result<void> {
    VSL_CHECK(codec::select_backend(backend, codec, encode));
    return {};
  });
}

Result<CodecReport> list_codecs() {
  return guarded("list codecs", []() -> Result<CodecReport> {
    CodecReport report;
    for (const codec::Backend* backend : codec::kBackends) {
      auto abilities = backend->abilities();
      if (!abilities) {
        report.missing.push_back({backend->id, std::move(abilities).error()});
        continue;
      }
      std::move(abilities->begin(), abilities->end(), std::back_inserter(report.abilities));
    }
    return report;
  });
}

}  // namespace vsl
