// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Any packet, read as every message there is: nothing outside it is looked at, and what a parser
// lets pass keeps what it promises.
#include "support/check.hpp"
#include "wire/v1.hpp"
#include "wire/v2_layout.hpp"
#include "wire/v2_messages.hpp"

namespace {

namespace v1 = vsl::wire::v1;
namespace v2 = vsl::wire::v2;

template <class T>
bool begins_with(const T& message, std::span<const std::byte> packet) {
  const std::size_t bytes = std::min(sizeof message, packet.size());
  return std::memcmp(&message, packet.data(), bytes) == 0;
}

void read_v1(std::span<const std::byte> packet) {
  const auto control = v1::parse_control(packet);
  VSL_MUST(control.has_value() == (packet.size() >= sizeof(v1::Control)));
  if (control) VSL_MUST(begins_with(*control, packet));
  VSL_MUST(packet.empty() || begins_with(v1::parse_event(packet), packet));
}

void read_v2(std::span<const std::byte> packet) {
  if (const auto hello = v2::parse_hello(packet)) {
    VSL_MUST(hello->min_version <= v2::kVersion && hello->max_version >= v2::kVersion);
    VSL_MUST(hello->name[sizeof hello->name - 1] == '\0');
  }
  if (const auto welcome = v2::parse_welcome(packet)) {
    VSL_MUST(welcome->lease_words >= 1 && welcome->lease_words <= v2::kMaxLeaseWords);
    VSL_MUST(welcome->board_bytes >= sizeof(v2::Board) && welcome->epoch != 0);
  }
  if (const auto buffers = v2::parse_buffers(packet)) {
    VSL_MUST(buffers->count >= 1 && buffers->count <= v2::kMaxBuffersPerMessage);
    const std::size_t bytes =
        offsetof(v2::Buffers, records) + buffers->count * sizeof(v2::BufferRecord);
    VSL_MUST(packet.size() >= bytes && std::memcmp(&*buffers, packet.data(), bytes) == 0);
  }
  const auto type = v2::type_of(packet);
  VSL_MUST(type.has_value() == v2::parse<v2::Short>(packet).has_value());
  VSL_MUST(!v2::parse<v2::Refused>(packet) || type);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> packet = std::as_bytes(std::span(data, size));
  read_v1(packet);
  read_v2(packet);
  return 0;
}
