// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace vsl::convert {

/// Memory between two steps of a conversion. Equal jobs take equal pieces in equal order, so a
/// stream of pictures allocates once.
class Scratch {
 public:
  /// Valid until rewind(). Throws bad_alloc.
  std::uint8_t* take(std::size_t bytes) {
    if (used_ == pieces_.size()) pieces_.emplace_back();
    Piece& piece = pieces_[used_++];
    if (piece.bytes < bytes) {
      piece = {};
      piece.memory.reset(static_cast<std::uint8_t*>(::operator new(bytes, kAlign)));
      piece.bytes = bytes;
    }
    return piece.memory.get();
  }
  void rewind() { used_ = 0; }

 private:
  static constexpr std::align_val_t kAlign{64};  // a cache line, and the widest vector
  struct Delete {
    void operator()(std::uint8_t* memory) const { ::operator delete(memory, kAlign); }
  };
  struct Piece {
    std::unique_ptr<std::uint8_t, Delete> memory;
    std::size_t bytes = 0;
  };
  std::vector<Piece> pieces_;
  std::size_t used_ = 0;
};

}  // namespace vsl::convert
