// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// What tests say to the stand-in for NXP's wrapper, and what it tells them. It is a library with
/// the wrapper's name and functions that codes with libavcodec, and objects to everything that a
/// strict device could object to. Thread-confined.
namespace vsl::standin {

#define VSL_HOOK __attribute__((visibility("default")))

/// How it behaves. The defaults are those of an ordinary device.
struct Behaviour {
  int major = 4, minor = 8, release = 3;
  bool has_device = true;  ///< else it asks for no memory
  int encoder_frames = 0;  ///< it wants to reconstruct in
  int decoder_frames = 5;
  bool header_apart = true;     ///< the parameter sets come by themselves, before any picture
  bool used_apart = false;      ///< a packet comes first, that its picture was used in another call
  int refuse_every = 0;         ///< every so manieth input is not taken at first
  bool passes_ids = true;       ///< the numbers of inputs to pictures
  bool flaws = false;           ///< pictures come as damaged ones
  int fail_call = 0;            ///< this call fails, counted from 1 over all functions
  bool fails_for_good = false;  ///< and so do all that follow
  int fail_status = 1;
};

struct Account {
  int calls = 0;                        ///< of all functions
  int memory = 0;                       ///< blocks that were got and not freed
  int handles = 0;                      ///< open
  int loads = 0;                        ///< without unload
  std::vector<std::string> calls_made;  ///< their names
};

/// To be changed by the test.
VSL_HOOK Behaviour& behaviour();
VSL_HOOK Account& account();
/// What a strict device would not have let pass.
VSL_HOOK std::vector<std::string>& violations();
/// As at the start, but for memory and handles that are not given back.
VSL_HOOK void begin_anew();

/// Tells where memory lies that the device reads and writes at a physical address.
VSL_HOOK void add_memory(std::uint64_t physical, std::byte* memory, std::size_t bytes);
VSL_HOOK void remove_memory(std::uint64_t physical);
/// An address range nobody has.
VSL_HOOK std::uint64_t invent_address(std::size_t bytes);

}  // namespace vsl::standin
