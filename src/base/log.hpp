// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <initializer_list>
#include <new>
#include <string>
#include <type_traits>

#include "videostream/result.hpp"

namespace vsl {

enum class LogLevel { off, error, warn, info, debug };

/// One field of a log line.
struct LogField {
  const char* key;
  std::string value;
};

inline LogField kv(const char* key, const std::string& value) { return {key, value}; }
inline LogField kv(const char* key, const char* value) { return {key, value}; }
inline LogField kv(const char* key, const Error& error) { return {key, error.message()}; }
template <class T>
requires std::is_arithmetic_v<T> LogField kv(const char* key, T value) {
  return {key, std::to_string(value)};
}

/// What is written: VSL_LOG (error, warn, info, debug) in the environment, else nothing but errors.
/// A library says nothing on normal paths.
bool log_enabled(LogLevel level) noexcept;
/// One line to stderr: "[WARN ] message key=value". Nothing when there is no memory for it.
void log_line(LogLevel level, const char* message, std::initializer_list<LogField> fields);

}  // namespace vsl

#define VSL_LOG(level, message, ...)                  \
  do {                                                \
    if (!::vsl::log_enabled(level)) break;            \
    try {                                             \
      ::vsl::log_line(level, message, {__VA_ARGS__}); \
    } catch (const std::bad_alloc&) {                 \
      /* a line is not worth the program */           \
    }                                                 \
  } while (false)
#define VSL_LOG_ERROR(...) VSL_LOG(::vsl::LogLevel::error, __VA_ARGS__)
#define VSL_LOG_WARN(...) VSL_LOG(::vsl::LogLevel::warn, __VA_ARGS__)
#define VSL_LOG_INFO(...) VSL_LOG(::vsl::LogLevel::info, __VA_ARGS__)
#define VSL_LOG_DEBUG(...) VSL_LOG(::vsl::LogLevel::debug, __VA_ARGS__)
