// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "state.hpp"

#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

#include "owned.hpp"

namespace vsl::standin {
namespace {

constexpr std::uint64_t kFirstAddress = 0x40000000, kPage = 4096;
constexpr std::int32_t kAlignment = 64, kVirtualBytes = 5000, kPhysicalBytes = 70000;

struct Memory {
  std::byte* bytes;
  std::size_t size;
  bool ours;
};

struct State {
  Behaviour behaviour;
  Account account;
  std::vector<std::string> violations;
  std::map<std::uint64_t, Memory> memory;  ///< by physical address
  std::uint64_t next_address = kFirstAddress;
  std::multimap<const void*, std::uint64_t> held;  ///< by open handles
};

State& state() {
  static auto& state = *new State;
  return state;
}

}  // namespace

Behaviour& behaviour() { return state().behaviour; }
Account& account() { return state().account; }
std::vector<std::string>& violations() { return state().violations; }

void begin_anew() {
  state().behaviour = {};
  state().account.calls = 0;
  state().account.calls_made.clear();
  state().violations.clear();
}

void add_memory(std::uint64_t physical, std::byte* memory, std::size_t bytes) {
  state().memory[physical] = {memory, bytes, false};
}
void remove_memory(std::uint64_t physical) { state().memory.erase(physical); }

// Pages that nobody has lie between two ranges, so that what goes too far is seen.
std::uint64_t invent_address(std::size_t bytes) {
  const std::uint64_t address = state().next_address;
  state().next_address += (bytes + kPage - 1) / kPage * kPage + kPage;
  return address;
}

Call::Call(const char* function) : function_(function) {
  Account& account = state().account;
  account.calls_made.emplace_back(function);
  const Behaviour& wanted = state().behaviour;
  const int number = ++account.calls;
  const bool hit = wanted.fail_call > 0 && (number == wanted.fail_call ||
                                            (wanted.fails_for_good && number > wanted.fail_call));
  if (hit) status_ = wanted.fail_status;
}

std::int32_t Call::object(std::int32_t status, const std::string& why) const {
  state().violations.push_back(function_ + ": " + why);
  return status;
}

std::byte* memory_at(const Call& call, std::uint64_t physical, std::size_t bytes) {
  auto after = state().memory.upper_bound(physical);
  if (after != state().memory.begin()) {
    const auto& [begin, memory] = *std::prev(after);
    if (physical + bytes <= begin + memory.size) return memory.bytes + (physical - begin);
  }
  (void)call.object(0, std::to_string(bytes) + " bytes at an address that is nobody's");
  return nullptr;
}

bool is_same(std::byte* one, std::byte* other) {
  if (one == nullptr || other == nullptr) return false;
  const std::byte before = *one;
  *one = before ^ std::byte{0x5a};
  const bool seen = *other == (before ^ std::byte{0x5a});
  *one = before;
  return seen && *other == before;
}

std::int32_t load(const char* function) {
  const Call call(function);
  av_log_set_level(AV_LOG_ERROR);
  if (call.fails()) return call.status();
  ++account().loads;
  return abi::kSuccess;
}

std::int32_t unload(const char* function) {
  const Call call(function);
  if (account().loads-- == 0) return call.object(abi::kWrongSequence, "nothing is loaded");
  return call.status();
}

std::int32_t version(const char* function, abi::WrapperVersion* version) {
  const Call call(function);
  if (call.fails()) return call.status();
  const Behaviour& wanted = behaviour();
  *version = {wanted.major, wanted.minor, wanted.release, "stand-in", {}};
  return abi::kSuccess;
}

std::int32_t query_memory(const char* function, abi::MemoryInfo* info) {
  const Call call(function);
  if (call.fails()) return call.status();
  if (account().loads == 0) return call.object(abi::kWrongSequence, "before Load");
  if (info->count != 0) return call.object(abi::kInvalidParameter, "the struct is not zero");
  if (!behaviour().has_device) return abi::kSuccess;
  info->count = 2;
  info->blocks[0] = {kAlignment, kVirtualBytes, abi::kVirtual, nullptr, nullptr, 0, {}};
  info->blocks[1] = {kAlignment, kPhysicalBytes, abi::kPhysical, nullptr, nullptr, 0, {}};
  return abi::kSuccess;
}

std::int32_t get_memory(const char* function, abi::MemoryDescription* memory) {
  const Call call(function);
  if (call.fails()) return call.status();
  if (account().loads == 0) return call.object(abi::kWrongSequence, "before Load");
  if (memory->size_bytes <= 0 || memory->type != 0 || memory->virtual_address != 0) {
    return call.object(abi::kInvalidParameter, "size or type");
  }
  const auto bytes = (static_cast<std::size_t>(memory->size_bytes) + kPage - 1) / kPage * kPage;
  auto* block = static_cast<std::byte*>(std::aligned_alloc(kPage, bytes));
  if (block == nullptr) return abi::kFailure;
  memory->size_bytes = static_cast<std::int32_t>(bytes);
  memory->physical_address = invent_address(bytes);
  memory->virtual_address = number(block);
  memory->cpu_address = 7;  // somebody's descriptor, not ours
  state().memory[memory->physical_address] = {block, bytes, true};
  ++account().memory;
  return abi::kSuccess;
}

std::int32_t free_memory(const char* function, abi::MemoryDescription* memory) {
  const Call call(function);
  if (account().loads == 0) return call.object(abi::kWrongSequence, "after UnLoad");
  const auto found = state().memory.find(memory->physical_address);
  if (found == state().memory.end() || !found->second.ours ||
      number(found->second.bytes) != memory->virtual_address ||
      found->second.size != static_cast<std::size_t>(memory->size_bytes)) {
    return call.object(abi::kInvalidParameter, "not what was got");
  }
  for (const auto& [handle, address] : state().held) {
    if (address >= found->first && address < found->first + found->second.size) {
      (void)call.object(abi::kWrongSequence, "memory that a codec still uses");
    }
  }
  std::free(found->second.bytes);
  state().memory.erase(found);
  --account().memory;
  return call.status();
}

std::int32_t check_memory(const Call& call, const abi::MemoryInfo* info) {
  if (info->count != 2) return call.object(abi::kInvalidParameter, "working memory is missing");
  const abi::MemoryBlock &ordinary = info->blocks[0], &device = info->blocks[1];
  if (ordinary.virtual_address == nullptr || number(ordinary.virtual_address) % kAlignment != 0) {
    return call.object(abi::kInvalidParameter, "virtual memory is not aligned");
  }
  std::memset(ordinary.virtual_address, 0x11, kVirtualBytes);
  std::byte* memory = memory_at(call, number(device.physical_address), kPhysicalBytes);
  if (memory == nullptr || number(device.physical_address) % kAlignment != 0 ||
      !is_same(memory, device.virtual_address)) {
    return call.object(abi::kInvalidParameter, "physical memory");
  }
  std::memset(memory, 0x22, kPhysicalBytes);
  return abi::kSuccess;
}

std::int32_t check_frame(const Call& call, const abi::FrameBuffer& frame, std::int32_t width_px,
                         std::int32_t height_px) {
  constexpr std::uint32_t kBlock = 16;
  const std::uint32_t stride = frame.luma_stride_bytes;
  const auto rows = (static_cast<std::size_t>(height_px) + kBlock - 1) / kBlock * kBlock;
  if (stride % kBlock != 0 || stride < static_cast<std::uint32_t>(width_px)) {
    return call.object(abi::kInvalidStride, std::to_string(stride));
  }
  std::byte* luma = memory_at(call, number(frame.luma), stride * rows);
  std::byte* chroma = memory_at(call, number(frame.cb), stride * rows / 2);
  if (luma == nullptr || chroma == nullptr ||
      memory_at(call, number(frame.motion), stride * rows / 4) == nullptr) {
    return abi::kInvalidFrame;
  }
  const bool apart =
      frame.cb >= frame.luma + stride * rows && frame.motion >= frame.cb + stride * rows / 2;
  if (!apart || !is_same(luma, frame.virtual_luma) || !is_same(chroma, frame.virtual_cb)) {
    return call.object(abi::kInvalidFrame, "parts of a frame");
  }
  return abi::kSuccess;
}

void hold(const void* handle, std::uint64_t physical) { state().held.emplace(handle, physical); }
void let_go(const void* handle) { state().held.erase(handle); }

}  // namespace vsl::standin
