// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "buffer_memory.hpp"

#include <gst/allocators/gstfdmemory.h>

#include "fd_memory.hpp"

namespace vsl::gst {
namespace {

class BufferMemory final : public SharedMemory {
 public:
  explicit BufferMemory(std::shared_ptr<Buffer> buffer) : buffer_(std::move(buffer)) {}
  int fd() const noexcept override { return buffer_->fd(); }
  std::size_t size_bytes() const noexcept override { return buffer_->size_bytes(); }
  bool is_dma_buf() const noexcept override { return buffer_->kind() == MemoryKind::dma_buf; }
  std::shared_ptr<Buffer> buffer() const noexcept override { return buffer_; }
  std::byte* map(bool write) noexcept override {
    auto bytes = buffer_->map();
    if (!bytes || !buffer_->begin_cpu_access(access(write))) return nullptr;
    return bytes->data();
  }
  void unmap(bool write) noexcept override {
    (void)buffer_->end_cpu_access(access(write)).has_value();  // nothing would do better
  }

 private:
  static Access access(bool write) { return write ? Access::read_write : Access::read; }
  const std::shared_ptr<Buffer> buffer_;
};

GQuark attached_quark() {
  static const GQuark quark = g_quark_from_static_string("vsl-attached-buffer");
  return quark;
}

std::shared_ptr<Buffer> attach(GstMemory* memory) {
  // Parts of a memory share its descriptor: it is attached once, for all of them.
  GstMemory* root = memory->parent != nullptr ? memory->parent : memory;
  auto* object = GST_MINI_OBJECT_CAST(root);
  const auto* known =
      static_cast<std::shared_ptr<Buffer>*>(gst_mini_object_get_qdata(object, attached_quark()));
  if (known != nullptr) return *known;
  auto attached = Buffer::attach(gst_fd_memory_get_fd(memory));
  if (!attached) return nullptr;
  gst_mini_object_set_qdata(object, attached_quark(), new std::shared_ptr<Buffer>(*attached),
                            [](gpointer data) { delete static_cast<std::shared_ptr<Buffer>*>(data); });
  return std::move(*attached);
}

}  // namespace

GstMemory* memory_of(std::shared_ptr<Buffer> buffer) {
  return wrap_memory(std::make_shared<BufferMemory>(std::move(buffer)), Sharing::writable);
}

std::shared_ptr<Buffer> buffer_of(GstMemory* memory) {
  if (const auto shared = shared_memory_of(memory)) {
    if (auto ours = shared->buffer()) return ours;
  }
  return gst_is_fd_memory(memory) != FALSE ? attach(memory) : nullptr;
}

}  // namespace vsl::gst
