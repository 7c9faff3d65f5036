// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/wrapper.hpp"

#include <dlfcn.h>

#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "base/mutex.hpp"

namespace vsl::codec::hantro {
namespace {

/// Looks up functions, and notes the first that is missing.
class Finder {
 public:
  explicit Finder(void* library) : library_(library) {}

  template <class Function>
  void operator()(const std::string& name, Function*& function) {
    function = reinterpret_cast<Function*>(::dlsym(library_, name.c_str()));
    if (function == nullptr && missing_.empty()) missing_ = name;
  }
  const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

void find_common(Finder& find, const std::string& prefix, CommonFunctions& functions) {
  functions.prefix = prefix;
  find(prefix + "Load", functions.load);
  find(prefix + "UnLoad", functions.unload);
  find(prefix + "GetWrapperVersionInfo", functions.get_version);
  find(prefix + "QueryMem", functions.query_memory);
  find(prefix + "GetMem", functions.get_memory);
  find(prefix + "FreeMem", functions.free_memory);
}

void find_all(Finder& find, DecoderFunctions& decoder) {
  find_common(find, "VPU_Dec", decoder);
  find("VPU_DecOpen", decoder.open);
  find("VPU_DecConfig", decoder.configure);
  find("VPU_DecGetInitialInfo", decoder.get_info);
  find("VPU_DecRegisterFrameBuffer", decoder.register_frames);
  find("VPU_DecDecodeBuf", decoder.decode);
  find("VPU_DecGetOutputFrame", decoder.get_output);
  find("VPU_DecOutFrameDisplayed", decoder.give_back);
  find("VPU_DecGetConsumedFrameInfo", decoder.get_consumed);
  find("VPU_DecGetErrInfo", decoder.get_stream_error);
  find("VPU_DecClose", decoder.close);
}

void find_all(Finder& find, EncoderFunctions& encoder) {
  find_common(find, "VPU_Enc", encoder);
  find("VPU_EncOpen", encoder.open);
  find("VPU_EncConfig", encoder.configure);
  find("VPU_EncGetInitialInfo", encoder.get_info);
  find("VPU_EncRegisterFrameBuffer", encoder.register_frames);
  find("VPU_EncEncodeFrame", encoder.encode);
  find("VPU_EncClose", encoder.close);
}

Result<Wrapper> functions_of(void* library) {
  Wrapper wrapper;
  Finder find(library);
  find_all(find, wrapper.decoder);
  find_all(find, wrapper.encoder);
  if (find.missing().empty()) return wrapper;
  return Error::of(std::errc::not_supported,
                   std::string("use ") + abi::kSoname + ", which has no " + find.missing());
}

// It stays loaded: vendors' libraries are not made to go.
Result<void*> load_library() {
  // The wrapper's own libraries use it without asking for it.
  (void)::dlopen("libm.so.6", RTLD_NOW | RTLD_GLOBAL);
  // Local: what it brings along does not answer the program's own calls.
  if (void* library = ::dlopen(abi::kSoname, RTLD_NOW | RTLD_LOCAL)) return library;
  const char* said = ::dlerror();
  return Error::of(std::errc::no_such_file_or_directory,
                   std::string("load NXP's wrapper of the Hantro video processor (") +
                       (said != nullptr ? said : abi::kSoname) + ")");
}

const char* text_of(std::int32_t status) {
  constexpr const char* kTexts[] = {
      "success",        "failure",        "invalid parameter",   "invalid handle", "invalid frame",
      "too few frames", "invalid stride", "wrong call sequence", "timeout"};
  return status >= 0 && status < static_cast<std::int32_t>(std::size(kTexts)) ? kTexts[status]
                                                                              : "unknown status";
}

std::errc code_of(std::int32_t status) {
  switch (status) {
    case abi::kInvalidParameter:
      return std::errc::invalid_argument;
    case abi::kTimeout:
      return std::errc::timed_out;
    default:
      return std::errc::io_error;
  }
}

Result<void> check(std::int32_t status, const std::string& function) {
  if (status == abi::kSuccess) return {};
  return Error::of(code_of(status), function + " of the Hantro wrapper (" + text_of(status) + ", " +
                                        std::to_string(status) + ")");
}

// Before 4.5.6 frames carry neither descriptors nor the numbers of their inputs.
Result<void> check_version(const Wrapper& wrapper) {
  abi::WrapperVersion version{};
  VSL_CHECK(check(wrapper.decoder.get_version(&version), "VPU_DecGetWrapperVersionInfo"));
  const std::string text = std::to_string(version.major) + "." + std::to_string(version.minor) +
                           "." + std::to_string(version.release);
  constexpr std::array kLeast{4, 5, 6};
  if (std::array{version.major, version.minor, version.release} < kLeast) {
    return Error::of(std::errc::not_supported, std::string("use ") + abi::kSoname + " of version " +
                                                   text + " (4.5.6 is the first that fits)");
  }
  VSL_LOG_DEBUG("Hantro wrapper", kv("version", text),
                kv("binary", version.text != nullptr ? version.text : ""));
  return {};
}

Mutex loading;  ///< held while the wrapper loads and unloads, which locks nothing of ours

}  // namespace

Result<const Wrapper*> Wrapper::find() {
  static Mutex mutex;                     // held while the library loads; nothing else is locked
  static const Wrapper* found = nullptr;  // for ever: also for what ends after main()
  const MutexLock lock(mutex);
  if (found == nullptr) {
    VSL_TRY(void* const library, load_library());
    VSL_TRY(Wrapper wrapper, functions_of(library));
    found = new Wrapper(std::move(wrapper));
  }
  VSL_CHECK(check_version(*found));
  return found;
}

Result<std::shared_ptr<const Loaded>> Loaded::load(const CommonFunctions& functions) {
  auto loaded = std::make_shared<Loaded>(functions);
  const MutexLock lock(loading);
  if (functions.users == 0) VSL_CHECK(loaded->check(functions.load(), "Load"));
  ++functions.users;
  loaded->counted_ = true;
  return std::shared_ptr<const Loaded>(std::move(loaded));
}

Loaded::~Loaded() {
  if (!counted_) return;
  const MutexLock lock(loading);
  if (--functions_.users == 0) (void)functions_.unload();
}

Result<void> Loaded::check(std::int32_t status, const char* function) const {
  return hantro::check(status, functions_.prefix + function);
}

}  // namespace vsl::codec::hantro
