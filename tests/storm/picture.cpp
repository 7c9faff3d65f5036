// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "picture.hpp"

#include <cstring>

#include "stamp.hpp"

namespace vsl::storm {

using command::Stamp;

void draw(std::span<std::byte> picture, std::uint32_t life, std::uint64_t serial) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  const std::uint64_t sequence = sequence_of(life, serial);
  const std::span<std::byte> body = picture.subspan(sizeof(Stamp));
  std::uint64_t word = sequence * kOdd;
  for (std::size_t at = 0; at + sizeof word <= body.size(); at += sizeof word) {
    word += kOdd;
    std::memcpy(body.data() + at, &word, sizeof word);
  }
  const Stamp stamp{Stamp::kInPixels, sequence, 0, command::checksum(body, sequence)};
  std::memcpy(picture.data(), &stamp, sizeof stamp);
}

Judgement judge(std::span<const std::byte> picture, std::uint64_t serial) {
  const auto stamp = command::read_stamp(picture);
  if (!stamp) return {};
  const std::uint64_t sum = command::checksum(picture.subspan(sizeof(Stamp)), stamp->sequence);
  if (sum != stamp->checksum) return {};
  Judgement judgement{Judgement::Verdict::whole, static_cast<std::uint32_t>(stamp->sequence >> 40),
                      stamp->sequence & ((std::uint64_t{1} << 40) - 1)};
  if (judgement.serial != serial) judgement.verdict = Judgement::Verdict::another_frame;
  return judgement;
}

}  // namespace vsl::storm
