// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "fd_memory.hpp"

#include <gst/allocators/gstdmabuf.h>
#include <gst/allocators/gstfdmemory.h>

#include <atomic>

namespace vsl::gst {
namespace {

using Holder = std::shared_ptr<SharedMemory>;

GQuark holder_quark() {
  static const GQuark quark = g_quark_from_static_string("vsl-shared-memory");
  return quark;
}

Holder* holder_of(GstMemory* memory) {
  return static_cast<Holder*>(
      gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(memory), holder_quark()));
}

void drop_holder(gpointer holder) { delete static_cast<Holder*>(holder); }

gpointer map_full(GstMemory* memory, GstMapInfo* info, gsize) {
  return (*holder_of(memory))->map((info->flags & GST_MAP_WRITE) != 0);
}

void unmap_full(GstMemory* memory, GstMapInfo* info) {
  (*holder_of(memory))->unmap((info->flags & GST_MAP_WRITE) != 0);
}

gboolean dispose(GstMiniObject* object) {
  auto* memory = reinterpret_cast<GstMemory*>(object);
  const Holder& holder = *holder_of(memory);
  if (holder.use_count() > 1) return TRUE;  // parts of it are in use
  std::atomic_thread_fence(std::memory_order_acquire);  // pairs with the end of the last part
  return holder->recycle(memory) ? FALSE : TRUE;
}

GstMemory* make(GstAllocator* allocator, const Holder& holder, bool read_only) {
  GstMemory* memory = gst_fd_allocator_alloc(allocator, holder->fd(), holder->size_bytes(),
                                             GST_FD_MEMORY_FLAG_DONT_CLOSE);
  if (memory == nullptr) return nullptr;
  if (read_only) GST_MINI_OBJECT_FLAG_SET(memory, GST_MEMORY_FLAG_READONLY);
  gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(memory), holder_quark(), new Holder(holder),
                            drop_holder);
  GST_MINI_OBJECT_CAST(memory)->dispose = dispose;
  return memory;
}

GstMemory* share(GstMemory* memory, gssize offset, gssize size) {
  // A memory of its own, not a child: a child would keep the first of the family alive, not this.
  GstMemory* part = make(memory->allocator, *holder_of(memory), true);
  if (part == nullptr) return nullptr;
  part->offset = static_cast<gsize>(static_cast<gssize>(memory->offset) + offset);
  part->size = size >= 0 ? static_cast<gsize>(size) : memory->size - static_cast<gsize>(offset);
  return part;
}

void use_holders(GstAllocator* allocator) {
  allocator->mem_map_full = map_full;
  allocator->mem_unmap_full = unmap_full;
  allocator->mem_share = share;
}

struct PlainAllocator {
  GstFdAllocator parent;
};
struct PlainAllocatorClass {
  GstFdAllocatorClass parent;
};
struct DmaBufAllocator {
  GstDmaBufAllocator parent;
};
struct DmaBufAllocatorClass {
  GstDmaBufAllocatorClass parent;
};

void plain_allocator_init(PlainAllocator* self) { use_holders(GST_ALLOCATOR_CAST(self)); }
void plain_allocator_class_init(PlainAllocatorClass*) {}
void dma_buf_allocator_init(DmaBufAllocator* self) { use_holders(GST_ALLOCATOR_CAST(self)); }
void dma_buf_allocator_class_init(DmaBufAllocatorClass*) {}

GType plain_allocator_get_type() {
  static const GType type = g_type_register_static_simple(
      GST_TYPE_FD_ALLOCATOR, g_intern_static_string("VslFdAllocator"), sizeof(PlainAllocatorClass),
      reinterpret_cast<GClassInitFunc>(reinterpret_cast<void*>(plain_allocator_class_init)),
      sizeof(PlainAllocator),
      reinterpret_cast<GInstanceInitFunc>(reinterpret_cast<void*>(plain_allocator_init)),
      GTypeFlags{});
  return type;
}

GType dma_buf_allocator_get_type() {
  static const GType type = g_type_register_static_simple(
      GST_TYPE_DMABUF_ALLOCATOR, g_intern_static_string("VslDmaBufAllocator"),
      sizeof(DmaBufAllocatorClass),
      reinterpret_cast<GClassInitFunc>(reinterpret_cast<void*>(dma_buf_allocator_class_init)),
      sizeof(DmaBufAllocator),
      reinterpret_cast<GInstanceInitFunc>(reinterpret_cast<void*>(dma_buf_allocator_init)),
      GTypeFlags{});
  return type;
}

GstAllocator* allocator_of(GType type) {
  auto* allocator = GST_ALLOCATOR_CAST(g_object_new(type, nullptr));
  gst_object_ref_sink(allocator);
  GST_OBJECT_FLAG_SET(allocator, GST_OBJECT_FLAG_MAY_BE_LEAKED);  // one for the process
  return allocator;
}

}  // namespace

GstMemory* wrap_memory(std::shared_ptr<SharedMemory> memory, Sharing sharing) {
  static GstAllocator* const plain = allocator_of(plain_allocator_get_type());
  static GstAllocator* const dma_buf = allocator_of(dma_buf_allocator_get_type());
  return make(memory->is_dma_buf() ? dma_buf : plain, memory, sharing == Sharing::read_only);
}

std::shared_ptr<SharedMemory> shared_memory_of(GstMemory* memory) {
  const Holder* holder = holder_of(memory);
  return holder != nullptr ? *holder : nullptr;
}

}  // namespace vsl::gst
