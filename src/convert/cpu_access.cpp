// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/cpu_access.hpp"

#include <utility>

#include "base/log.hpp"

namespace vsl::convert {

Result<CpuAccess> CpuAccess::begin(const Job& job) {
  CpuAccess access(true);
  VSL_CHECK(access.add(job.from, Access::read));
  VSL_CHECK(access.add(job.to, Access::read_write));
  return access;
}

Result<CpuAccess> CpuAccess::suspend(const Job& job) {
  CpuAccess access(false);
  // Who holds the source may have written it.
  VSL_CHECK(access.add(job.from, Access::read_write));
  VSL_CHECK(access.add(job.to, Access::read_write));
  return access;
}

CpuAccess::CpuAccess(CpuAccess&& other) noexcept
    : begun_(other.begun_), count_(std::exchange(other.count_, 0)), uses_(other.uses_) {}

CpuAccess::~CpuAccess() {
  while (count_-- > 0) {
    auto changed = change(uses_[count_], !begun_);
    if (!changed) VSL_LOG_WARN("CPU access is not as it was", kv("error", changed.error()));
  }
}

Result<void> CpuAccess::change(const Use& use, bool begin) const {
  return begin ? use.buffer->begin_cpu_access(use.access) : use.buffer->end_cpu_access(use.access);
}

template <class Byte>
Result<void> CpuAccess::add(const RawPicture<Byte>& picture, Access access) {
  if (picture.cpu_access == begun_) return {};
  for (std::size_t i = 0; i < kMaxPlanes; ++i) {
    const Buffer* const buffer = picture.memory[i];
    if (buffer == nullptr) continue;
    bool met = false;
    for (std::size_t j = 0; j < i; ++j) met = met || picture.memory[j] == buffer;
    if (met) continue;
    const Use use{buffer, access};
    VSL_CHECK(change(use, begun_));
    uses_[count_++] = use;
  }
  return {};
}

}  // namespace vsl::convert
