// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/parameter_sets.hpp"

#include <optional>

namespace vsl::avformat {
namespace {

/// Takes big-endian numbers and bytes off the front; past the end it has nothing any more.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  unsigned number(std::size_t bytes) {
    unsigned value = 0;
    for (const std::byte byte : take(bytes)) value = value << 8 | std::to_integer<unsigned>(byte);
    return value;
  }
  std::span<const std::byte> take(std::size_t bytes) {
    ok_ = ok_ && bytes <= rest_.size();
    if (!ok_) return {};
    const auto taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

void read_units(Reader& reader, unsigned count, ParameterSets& sets) {
  for (unsigned i = 0; i < count && reader.ok(); ++i) {
    const auto nal = reader.take(reader.number(2));
    if (!nal.empty()) sets.nals.push_back(nal);
  }
}

ParameterSets read_avcc(Reader& reader) {
  ParameterSets sets;
  reader.take(4);  // version, profile, compatibility, level
  sets.length_bytes = (reader.number(1) & 3) + 1;
  read_units(reader, reader.number(1) & 0x1f, sets);
  read_units(reader, reader.number(1), sets);
  return sets;
}

ParameterSets read_hvcc(Reader& reader) {
  constexpr std::size_t kBeforeLength = 21;
  ParameterSets sets;
  reader.take(kBeforeLength);
  sets.length_bytes = (reader.number(1) & 3) + 1;
  const unsigned arrays = reader.number(1);
  for (unsigned i = 0; i < arrays && reader.ok(); ++i) {
    reader.take(1);  // NAL unit type
    read_units(reader, reader.number(2), sets);
  }
  return sets;
}

}  // namespace

Result<ParameterSets> read_parameter_sets(VideoCodec codec, std::span<const std::byte> record) {
  Reader reader(record);
  const ParameterSets sets = codec == VideoCodec::h264 ? read_avcc(reader) : read_hvcc(reader);
  if (reader.ok()) return sets;
  return Error::of(std::errc::illegal_byte_sequence,
                   "read the decoder configuration of the track: it is cut off");
}

}  // namespace vsl::avformat
