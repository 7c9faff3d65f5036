// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <cstring>

#include "base/guarded.hpp"
#include "ipc/session.hpp"
#include "videostream/client.hpp"

namespace vsl {

[[gnu::hot]] Lease::Lease(std::shared_ptr<Session> session, std::uint32_t index) noexcept
    : session_(std::move(session)), index_(index) {}

Lease::Lease(Lease&& other) noexcept : session_(std::move(other.session_)), index_(other.index_) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    session_ = std::move(other.session_);
    index_ = other.index_;
  }
  return *this;
}

[[gnu::hot]] Lease::~Lease() { release(); }

[[gnu::hot]] void Lease::release() noexcept {
  if (session_ == nullptr) return;
  session_->end(index_);
  session_.reset();
}

std::uint64_t Lease::serial() const noexcept { return session_->records[index_].serial; }

std::int64_t Lease::published_ns() const noexcept {
  return session_->records[index_].description.published_ns;
}

std::uint64_t Lease::skipped() const noexcept { return session_->records[index_].skipped; }

FrameInfo Lease::info() const { return session_->info(session_->records[index_]); }

[[gnu::hot]] std::span<const std::byte> Lease::plane(std::size_t index) const {
  auto& record = session_->records[index_];
  if (index >= record.description.plane_count) return {};
  const auto start = guarded("map a frame", [&] {
    return session_->plane_start(record, static_cast<std::uint32_t>(index));
  });
  if (!start) return {};
  return {*start, record.plane_bytes[index]};
}

Result<void> Lease::map() const {
  auto& record = session_->records[index_];
  return guarded("map a frame", [&]() -> Result<void> {
    for (std::uint32_t i = 0; i < record.description.plane_count; ++i) {
      VSL_CHECK(session_->plane_start(record, i));
    }
    return {};
  });
}

int Lease::buffer_fd(std::size_t index) const noexcept {
  const Buffer* const found = buffer(index);
  return found != nullptr ? found->fd() : -1;
}

const Buffer* Lease::buffer(std::size_t index) const noexcept {
  const auto& record = session_->records[index_];
  return index < record.description.buffer_count ? record.buffers[index]->buffer.get() : nullptr;
}

std::string Lease::blob() const {
  const auto& record = session_->records[index_];
  wire::v2::Details details;
  if (!session_->details(record, details)) return {};
  const auto bytes = std::min<std::size_t>(details.blob_bytes, sizeof details.blob);
  return std::string(reinterpret_cast<const char*>(details.blob), bytes);
}

bool Lease::valid() const noexcept {
  return session_ != nullptr && session_->stands(session_->records[index_]);
}

}  // namespace vsl
