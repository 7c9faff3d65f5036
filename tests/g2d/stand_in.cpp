// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "tests/g2d/stand_in.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <list>
#include <thread>
#include <utility>
#include <vector>

#include "tests/g2d/stand_in_pixels.hpp"

// The description of the vendor's library, once more and on its own: see stand_in.hpp.
#ifdef STAND_IN_NEW
using Address = unsigned long;
#else
using Address = unsigned int;
#endif

struct g2d_surface {
  int format;
  Address planes[3];
  int left, top, right, bottom;
  int stride, width, height;
  int blendfunc, global_alpha, clrcolor, rot;
};
struct g2d_buf {
  void* buf_handle;
  void* buf_vaddr;
  Address buf_paddr;
  int buf_size;
};
#ifdef STAND_IN_NEW
static_assert(sizeof(g2d_surface) == 80 && sizeof(g2d_buf) == 32);
#else
static_assert(sizeof(g2d_surface) == 60 && sizeof(g2d_buf) == 24);
#endif

namespace vsl::g2d_stand_in {
namespace {

constexpr int kNotSupported = 1, kFail = -1;
constexpr int kAlignRgb = 16, kAlignYuv = 64, kMaxSide = 8192;
constexpr int kFirstYuvCap = 5, kYuvCaps = 4;

Control control;

struct Region {
  g2d_buf buffer{};
  std::uint8_t* memory = nullptr;
  std::size_t bytes = 0;
};

struct Job {
  Image from, to;
  bool bt709 = false;
};

struct Handle {
  std::thread::id thread = std::this_thread::get_id();
  bool enabled[10]{};
  std::vector<Job> queue;
};

std::list<Region> regions;
std::list<Handle> handles;

int violate(const std::string& what) {
  control.violations += what + "\n";
  return kFail;
}

bool fails(int& count) { return count > 0 && count-- > 0; }

Handle* find(void* handle) {
  for (Handle& one : handles) {
    if (&one == handle && one.thread == std::this_thread::get_id()) return &one;
  }
  violate("a handle that is not open, or of another thread");
  return nullptr;
}

// The bytes at an address, if all of them are memory this was given.
std::uint8_t* memory_at(Address address, std::size_t bytes) {
  for (Region& region : regions) {
    const Address begin = region.buffer.buf_paddr;
    if (address >= begin && address - begin < region.bytes &&
        bytes <= region.bytes - (address - begin)) {
      return region.memory + (address - begin);
    }
  }
  return nullptr;
}

bool rectangle_is_good(const g2d_surface& s) {
  return s.left >= 0 && s.left < s.right && s.right <= s.width && s.top >= 0 && s.top < s.bottom &&
         s.bottom <= s.height && s.width <= s.stride && s.width <= kMaxSide && s.height <= kMaxSide;
}

bool chroma_is_whole(const g2d_surface& s) {
  return ((s.left | s.top | s.right | s.bottom | s.width | s.height) & 1) == 0;
}

// What is wrong with a surface, or nothing and the picture.
std::string check(const g2d_surface& s, Image& image) {
  if (pixel_bytes(s.format) == 0) return "format " + std::to_string(s.format);
  if (!rectangle_is_good(s)) return "a rectangle outside of its picture";
  if (s.global_alpha != 255 || s.rot != 0 || s.clrcolor != 0) return "a field nobody asked for";
  const bool yuv = is_yuv(s.format);
  if (yuv && !chroma_is_whole(s)) return "an odd edge";
  image = {s.format, {}, s.stride, s.width, s.height, s.left, s.top, s.right, s.bottom};
  const int align = yuv ? kAlignYuv : kAlignRgb;
  if (stride_bytes(image, 0) % align != 0) return "stride " + std::to_string(s.stride);
  for (int i = 0; i < 3; ++i) {
    if (i >= plane_count(s.format)) {
      if (s.planes[i] != 0) return "a plane too many";
      continue;
    }
    if (s.planes[i] % static_cast<Address>(align) != 0) return "a plane that is not aligned";
    const int bytes = (rows(image, i) - 1) * stride_bytes(image, i) + row_bytes(image, i);
    image.planes[i] = memory_at(s.planes[i], static_cast<std::size_t>(bytes));
    if (image.planes[i] == nullptr) return "memory that is not the engine's";
  }
  return {};
}

int blit(Handle& handle, const g2d_surface& source, const g2d_surface& target) {
  Job job;
  if (auto wrong = check(source, job.from); !wrong.empty()) return violate("source: " + wrong);
  if (auto wrong = check(target, job.to); !wrong.empty()) return violate("target: " + wrong);
  if (source.blendfunc != 1 || target.blendfunc != 0) return violate("another blend function");
  const bool from_yuv = is_yuv(source.format), to_yuv = is_yuv(target.format);
  const bool scaled = source.right - source.left != target.right - target.left ||
                      source.bottom - source.top != target.bottom - target.top;
  if ((from_yuv && !control.reads_yuv) || (to_yuv && !control.writes_yuv) ||
      (scaled && !control.scales)) {
    return violate("something this engine said it cannot");
  }
  const bool* const colors = handle.enabled + kFirstYuvCap;
  if ((from_yuv || to_yuv) && std::count(colors, colors + kYuvCaps, true) != 1) {
    return violate("no matrix, or several");
  }
  if ((control.refused_sources >> source.format & 1) != 0) return kNotSupported;
  job.bt709 = handle.enabled[kFirstYuvCap + 1];
  handle.queue.push_back(job);
  return 0;
}

int set(void* handle, int capability, bool on) {
  const std::lock_guard lock(control.mutex);
  Handle* const own = find(handle);
  if (own == nullptr) return kFail;
  if (capability < 0 || capability >= 10) return violate("a capability that is none");
  if (on && fails(control.fail_enable)) return kFail;
  own->enabled[capability] = on;
  return 0;
}

Address place(std::size_t bytes) {
#ifdef STAND_IN_NEW
  static Address next = 0x1'2000'0000;  // above what the old generation can say
#else
  static Address next = 0x4000'0000;
#endif
  if (control.zero_address) return 0;
  if (control.next_address != 0)
    return static_cast<Address>(std::exchange(control.next_address, 0U));
  constexpr Address kPiece = 1 << 20;
  const Address address = next;
  next += (static_cast<Address>(bytes) / kPiece + 2) * kPiece;  // no two touch
  return address;
}

g2d_buf* import(int fd) {
  ++control.imports;
  struct stat status {};
  if (fails(control.fail_import) || ::fstat(fd, &status) != 0 || status.st_size <= 0)
    return nullptr;
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return nullptr;
  Region& region = regions.emplace_back();
  region.memory = static_cast<std::uint8_t*>(memory);
  region.bytes = bytes;
  region.buffer.buf_paddr = place(bytes);
  ++control.buffers;
  return &region.buffer;
}

}  // namespace
}  // namespace vsl::g2d_stand_in

namespace stand_in = vsl::g2d_stand_in;
using stand_in::control;
using stand_in::Handle;

extern "C" {

stand_in::Control* vsl_g2d_stand_in() { return &control; }

#ifdef STAND_IN_NEW
extern const char* const _G2D_VERSION;
const char* const _G2D_VERSION = "\n\0$VERSION$6.4.11:1049711:5e1f$";
#endif

int g2d_open(void** handle) {
  const std::lock_guard lock(control.mutex);
  if (stand_in::fails(control.fail_open)) return stand_in::kFail;
  ++control.handles;
  *handle = &stand_in::handles.emplace_back();
  return 0;
}

int g2d_close(void* handle) {
  const std::lock_guard lock(control.mutex);
  const Handle* const own = stand_in::find(handle);
  if (own == nullptr) return stand_in::kFail;
  --control.handles;
  stand_in::handles.remove_if([&](const Handle& one) { return &one == own; });
  return 0;
}

int g2d_blit(void* handle, g2d_surface* source, g2d_surface* target) {
  const std::lock_guard lock(control.mutex);
  Handle* const own = stand_in::find(handle);
  if (own == nullptr) return stand_in::kFail;
  ++control.blits;
  if (stand_in::fails(control.fail_blit)) return stand_in::kFail;
  return stand_in::blit(*own, *source, *target);
}

int g2d_finish(void* handle) {
  const std::lock_guard lock(control.mutex);
  Handle* const own = stand_in::find(handle);
  if (own == nullptr) return stand_in::kFail;
  ++control.finishes;
  if (stand_in::fails(control.fail_finish)) return stand_in::kFail;
  for (const stand_in::Job& job : own->queue) stand_in::convert(job.from, job.to, job.bt709);
  own->queue.clear();
  return 0;
}

int g2d_enable(void* handle, int capability) { return stand_in::set(handle, capability, true); }
int g2d_disable(void* handle, int capability) { return stand_in::set(handle, capability, false); }

int g2d_query_feature(void* handle, int feature, int* available) {
  const std::lock_guard lock(control.mutex);
  if (stand_in::find(handle) == nullptr) return stand_in::kFail;
  const bool known[] = {control.scales, true, control.reads_yuv, control.writes_yuv};
  if (feature < 0 || feature > 3) return stand_in::kFail;
  *available = known[feature] ? 1 : 0;
  return 0;
}

g2d_buf* g2d_buf_from_fd(int fd) {
  const std::lock_guard lock(control.mutex);
  return stand_in::import(fd);
}

g2d_buf* g2d_alloc(int bytes, int) {
  const std::lock_guard lock(control.mutex);
  stand_in::Region& region = stand_in::regions.emplace_back();
  region.buffer.buf_paddr = stand_in::place(static_cast<std::size_t>(bytes));
  region.buffer.buf_size = bytes;
  ++control.buffers;
  return &region.buffer;
}

int g2d_free(g2d_buf* buffer) {
  const std::lock_guard lock(control.mutex);
  const auto found = std::find_if(stand_in::regions.begin(), stand_in::regions.end(),
                                  [&](const auto& one) { return &one.buffer == buffer; });
  if (found == stand_in::regions.end()) return stand_in::violate("a buffer freed twice");
  if (found->memory != nullptr) ::munmap(found->memory, found->bytes);
  stand_in::regions.erase(found);
  --control.buffers;
  return 0;
}

}  // extern "C"
