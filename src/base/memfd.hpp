// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"

namespace vsl {

/// A memfd with our one writable mapping of it.
struct Memfd {
  UniqueFd fd;
  Mapping mapping;
};

enum class PeerAccess {
  read,        ///< F_SEAL_FUTURE_WRITE: nobody but our mapping can ever write
  read_write,  ///< peers may map it writable
};

struct MemfdOptions {
  PeerAccess peers = PeerAccess::read;
  bool commit = true;      ///< allocate every page now: an error here instead of a SIGBUS later
  bool dont_fork = false;  ///< see Mapping::Options
};

/// Creates, sizes, maps and seals in that order: after the seals the size is fixed for ever and no
/// further seal can be added. Mode 0400. Errors: errno of the failing step, memory among them.
/// Source: memfd_create(2), fcntl(2) "File Sealing"; docs/spec/wire-v2.md#seals
Result<Memfd> create_memfd(const std::string& name, std::size_t bytes, MemfdOptions options);

struct ReceivedShape {
  bool in_memory = false;     ///< of the kernel's own: tmpfs, memfds, huge pages
  bool sealed_size = false;   ///< can neither shrink nor grow
  bool sealed_write = false;  ///< nobody can make a new writable mapping
  bool huge_pages = false;    ///< what is punched out of them may not come back: SIGBUS
  bool has_holes = false;     ///< whoever touches them first pays for them
  std::size_t bytes = 0;
  unsigned mode = 0;  ///< as stat tells it
  std::uint64_t device = 0, inode = 0;
};
/// What an fd from a peer promises. Memory that is no memfd reports no seals. Never waits for the
/// file system of another: sizes of such files are as the kernel knows them.
Result<ReceivedShape> inspect_shape(int fd);

/// Whether a file is one of ReceivedShape::in_memory.
bool lies_in_memory(int fd) noexcept;

}  // namespace vsl
