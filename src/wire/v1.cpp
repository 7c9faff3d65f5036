// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "wire/v1.hpp"

#include <algorithm>
#include <cstring>

namespace vsl::wire::v1 {

Event reply(Code code, bool locked) noexcept {
  Event event{};
  event.error = static_cast<std::uint32_t>(code);
  event.locked = locked ? 1 : 0;
  return event;
}

std::optional<Control> parse_control(std::span<const std::byte> packet) noexcept {
  Control control{};
  if (packet.size() < sizeof control) return std::nullopt;
  std::memcpy(&control, packet.data(), sizeof control);
  return control;
}

Event parse_event(std::span<const std::byte> packet) noexcept {
  Event event{};
  std::memcpy(&event, packet.data(), std::min(packet.size(), sizeof event));
  return event;
}

}  // namespace vsl::wire::v1
