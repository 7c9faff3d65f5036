// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "wire/v2_messages.hpp"

#include "wire/v2_layout.hpp"

namespace vsl::wire::v2 {

std::optional<Buffers> parse_buffers(std::span<const std::byte> packet) noexcept {
  constexpr std::size_t kHeader = offsetof(Buffers, records);
  Buffers message{};
  if (packet.size() < kHeader) return std::nullopt;
  std::memcpy(&message, packet.data(), kHeader);
  if (message.count == 0 || message.count > kMaxBuffersPerMessage) return std::nullopt;
  const std::size_t records = message.count * sizeof(BufferRecord);
  if (packet.size() < kHeader + records) return std::nullopt;
  std::memcpy(message.records.data(), packet.data() + kHeader, records);
  return message;
}

std::optional<Hello> parse_hello(std::span<const std::byte> packet) noexcept {
  auto hello = parse<Hello>(packet);
  if (!hello || hello->min_version > kVersion || hello->max_version < kVersion) return std::nullopt;
  hello->name[sizeof hello->name - 1] = '\0';
  return hello;
}

std::optional<Welcome> parse_welcome(std::span<const std::byte> packet) noexcept {
  const auto welcome = parse<Welcome>(packet);
  if (!welcome || welcome->version != kVersion || welcome->epoch == 0) return std::nullopt;
  if (welcome->board_bytes < sizeof(Board)) return std::nullopt;
  if (welcome->lease_words == 0 || welcome->lease_words > kMaxLeaseWords) return std::nullopt;
  return welcome;
}

}  // namespace vsl::wire::v2
