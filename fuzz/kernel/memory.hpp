// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "kernel/file.hpp"

namespace vsl::fuzz::kernel {

/// A memfd; `sealable` as MFD_ALLOW_SEALING says. `link` is its name in /proc.
FilePtr make_memory(std::string link, bool sealable);

int memory_resize(int fd, std::int64_t bytes);
int memory_allocate(int fd, int mode, std::int64_t offset, std::int64_t bytes);
int memory_set_mode(int fd, mode_t mode);
int memory_seals(int fd);
int memory_add_seals(int fd, int seals);
ssize_t memory_write_at(int fd, const void* from, std::size_t bytes, std::int64_t offset);

/// The address, or null and the error in errno.
void* map_memory(int fd, std::size_t bytes, int protection);
/// False when there is no mapping of ours.
bool unmap_memory(void* address, std::size_t bytes);
bool is_mapped(const void* address);

}  // namespace vsl::fuzz::kernel
