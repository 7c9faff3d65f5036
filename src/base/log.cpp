// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/log.hpp"

#include <strings.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace vsl {
namespace {

constexpr std::array<const char*, 5> kNames = {"off", "error", "warn", "info", "debug"};
constexpr std::array<const char*, 5> kPadded = {"", "ERROR", "WARN ", "INFO ", "DEBUG"};

LogLevel level_from_environment() noexcept {
  const char* text = ::secure_getenv("VSL_LOG");
  for (std::size_t i = 0; text != nullptr && i < kNames.size(); ++i) {
    if (strcasecmp(text, kNames[i]) == 0) return static_cast<LogLevel>(i);
  }
  return LogLevel::error;
}

}  // namespace

bool log_enabled(LogLevel level) noexcept {
  static const LogLevel kEnabled = level_from_environment();
  return level <= kEnabled;
}

void log_line(LogLevel level, const char* message, std::initializer_list<LogField> fields) {
  const int saved = errno;
  std::string line = std::string("[") + kPadded[static_cast<std::size_t>(level)] + "] " + message;
  for (const LogField& field : fields) line += std::string(" ") + field.key + "=" + field.value;
  line += '\n';
  std::fputs(line.c_str(), stderr);  // one call, so that lines of several threads stay whole
  errno = saved;
}

}  // namespace vsl
