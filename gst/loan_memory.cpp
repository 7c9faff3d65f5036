// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "loan_memory.hpp"

#include <algorithm>
#include <utility>

#include "fd_memory.hpp"

namespace vsl::gst {

/// A buffer of the host, while a frame in it is lent to us and between such frames.
class LoanMemory final : public SharedMemory {
 public:
  LoanMemory(std::weak_ptr<LoanMemories> home, std::shared_ptr<Loan> loan, std::uint32_t buffer)
      : home_(std::move(home)), fd_(loan->lease().buffer_fd(buffer)) {
    const Buffer* memory = loan->lease().buffer(buffer);
    if (memory != nullptr) {
      device_ = memory->device();
      inode_ = memory->inode();
      is_dma_buf_ = memory->kind() == MemoryKind::dma_buf;
    }
    lend(std::move(loan), buffer);
  }

  int fd() const noexcept override { return fd_; }
  std::size_t size_bytes() const noexcept override {
    return loan_->info().layout.buffer_bytes[buffer_];
  }
  bool is_dma_buf() const noexcept override { return is_dma_buf_; }
  /// The library's own mapping of the buffer, which it keeps from frame to frame.
  std::byte* map(bool write) noexcept override {
    if (write) return nullptr;  // it is the host's, and other clients'
    const Layout& layout = loan_->info().layout;
    for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
      if (layout.planes[i].buffer != buffer_) continue;
      const auto plane = loan_->lease().plane(i);
      if (plane.data() == nullptr) return nullptr;
      return const_cast<std::byte*>(plane.data() - layout.planes[i].offset_bytes);
    }
    return nullptr;
  }
  void unmap(bool) noexcept override {}
  bool recycle(GstMemory* memory) noexcept override {
    loan_.reset();
    const auto home = home_.lock();
    if (home == nullptr) return false;
    home->keep({gst_memory_ref(memory), this});
    return true;
  }

  void lend(std::shared_ptr<Loan> loan, std::uint32_t buffer) noexcept {
    loan_ = std::move(loan);
    buffer_ = buffer;
  }
  /// It frees itself instead of coming back.
  void leave_home() noexcept { home_.reset(); }
  bool is_of(const Buffer& memory) const noexcept {
    return memory.fd() == fd_ && memory.inode() == inode_ && memory.device() == device_;
  }

 private:
  std::weak_ptr<LoanMemories> home_;
  std::shared_ptr<Loan> loan_;
  std::uint32_t buffer_ = 0;  ///< of those of the frame
  const int fd_;
  std::uint64_t device_ = 0, inode_ = 0;
  bool is_dma_buf_ = false;
};

GstMemory* LoanMemories::wrap(const std::shared_ptr<Loan>& loan, std::uint32_t buffer) {
  LoanMemory* about = nullptr;
  GstMemory* memory = take_idle(*loan, buffer, about);
  if (memory == nullptr) {
    return wrap_memory(std::make_shared<LoanMemory>(weak_from_this(), loan, buffer),
                       Sharing::read_only);
  }
  about->lend(loan, buffer);
  memory->offset = 0;
  memory->size = about->size_bytes();
  return memory;
}

GstMemory* LoanMemories::take_idle(const Loan& loan, std::uint32_t buffer, LoanMemory*& about) {
  const Buffer* wanted = loan.lease().buffer(buffer);
  if (wanted == nullptr) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) {
    return idle.about->is_of(*wanted) &&
           idle.memory->maxsize >= loan.info().layout.buffer_bytes[buffer];
  });
  if (found == idle_.end()) return nullptr;
  GstMemory* memory = found->memory;
  about = found->about;
  idle_.erase(found);
  return memory;
}

void LoanMemories::keep(Idle idle) noexcept {
  Idle oldest{};
  {
    const std::lock_guard lock(mutex_);
    if (idle_.size() >= kMost) {
      oldest = idle_.front();
      idle_.erase(idle_.begin());
    }
    idle_.push_back(idle);
  }
  if (oldest.memory != nullptr) drop(oldest);
}

LoanMemories::~LoanMemories() {
  for (const Idle& one : idle_) drop(one);
}

void LoanMemories::drop(Idle idle) noexcept {
  idle.about->leave_home();
  gst_memory_unref(idle.memory);
}

}  // namespace vsl::gst
