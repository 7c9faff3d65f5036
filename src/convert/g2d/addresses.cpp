// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/g2d/addresses.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace vsl::convert::g2d {
namespace {

constexpr std::uint64_t kKeptPictures = 64;

template <class Address>
std::uint64_t physical_address(const void* memory) {
  Address address = 0;
  std::memcpy(&address,
              static_cast<const std::byte*>(memory) + offsetof(Memory<Address>, physical_address),
              sizeof address);
  return address;
}

}  // namespace

Addresses::~Addresses() {
  for (Entry& entry : entries_) drop(entry);
}

void Addresses::drop(Entry& entry) noexcept {
  if (entry.memory != nullptr) (void)library_.functions.free(entry.memory);
}

std::optional<std::uint64_t> Addresses::address_in(const void* memory, std::uint64_t bytes) const {
  const bool wide = library_.generation == Generation::addresses_64;
  const std::uint64_t address =
      wide ? physical_address<NewAddress>(memory) : physical_address<OldAddress>(memory);
  const std::uint64_t limit =
      wide ? std::numeric_limits<NewAddress>::max() : std::numeric_limits<OldAddress>::max();
  const bool usable = address != 0 && address % kAlignBytes == 0 && bytes <= limit - address;
  return usable ? std::optional(address) : std::nullopt;
}

Addresses::Entry Addresses::make(const Buffer& buffer) {
  Entry entry{.device = buffer.device(),
              .inode = buffer.inode(),
              .last_use = now_,
              .address = {},
              .memory = nullptr,
              .held = {}};
  Reach reach = reach_(buffer);
  if (!reach.possible) return entry;
  entry.held = std::move(reach.held);
  entry.memory = library_.functions.memory_of_fd(buffer.fd());
  if (entry.memory != nullptr) entry.address = address_in(entry.memory, buffer.size_bytes());
  return entry;
}

std::optional<std::uint64_t> Addresses::of(const Buffer& buffer) {
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.inode == buffer.inode() && entry.device == buffer.device();
  });
  if (known != entries_.end()) {
    known->last_use = now_;
    return known->address;
  }
  entries_.reserve(entries_.size() + 1);  // before the library is asked: nothing it gives is lost
  return entries_.emplace_back(make(buffer)).address;
}

void Addresses::tick() noexcept {
  ++now_;
  const auto gone = std::partition(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.last_use + kKeptPictures >= now_;
  });
  std::for_each(gone, entries_.end(), [&](Entry& entry) { drop(entry); });
  entries_.erase(gone, entries_.end());
}

}  // namespace vsl::convert::g2d
