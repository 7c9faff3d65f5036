// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
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
  bool sealed_size = false;   ///< can neither shrink nor grow
  bool sealed_write = false;  ///< nobody can make a new writable mapping
  std::size_t bytes = 0;
};
/// What an fd from a peer promises. Memory that is no memfd reports no seals.
Result<ReceivedShape> inspect_shape(int fd);

}  // namespace vsl
