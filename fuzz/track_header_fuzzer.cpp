// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// The decoder configuration of an MP4 track, avcC or hvcC: what is read lies within the record.
#include "avformat/parameter_sets.hpp"
#include "support/check.hpp"
#include "support/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vsl;
  fuzz::Input input(data, size);
  const VideoCodec codec = input.flag() ? VideoCodec::hevc : VideoCodec::h264;
  const auto record = std::as_bytes(input.take_bytes(size));
  const auto sets = avformat::read_parameter_sets(codec, record);
  if (!sets) return 0;
  VSL_MUST(sets->length_bytes >= 1 && sets->length_bytes <= 4);
  for (const auto nal : sets->nals) {
    VSL_MUST(!nal.empty() && nal.data() >= record.data());
    VSL_MUST(&nal.back() <= &record.back());
  }
  return 0;
}
