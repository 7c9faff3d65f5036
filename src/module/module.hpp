// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "videostream/result.hpp"

namespace vsl {

/// What every module's description begins with. A module is C++ of our own against headers of our
/// own, so it fits the library of its own release and no other.
struct ModuleHead {
  const char* release;  ///< VSL_RELEASE of the module
};

/// A part of the library that needs more than the C and C++ libraries, and so is a shared object
/// beside it that is loaded when first used. Modules are named in code, each at its one user.
struct ModuleName {
  const char* file;      ///< "videostream-ffmpeg.so"
  const char* entry;     ///< its function `extern "C" const ModuleHead* entry()`
  const char* provides;  ///< for people: "software codecs (FFmpeg)"
};

/// The module's description, which stays for the life of the process: a module is never unloaded.
/// Looked for in the folders of VIDEOSTREAM_MODULE_PATH (separated by colons; not asked in programs
/// with raised privileges), or else in videostream/ beside libvideostream.so.
/// Errors: no_such_file_or_directory (says where it was looked for, and what provides it);
///         not_supported (it is of another release, or the loader says why it cannot be loaded).
/// Threads: any.
Result<const ModuleHead*> load_module(const ModuleName& name);

}  // namespace vsl
