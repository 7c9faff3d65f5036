// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#if defined(__GNUC__)
#define VSL_EXPORT __attribute__((visibility("default")))
#else
#define VSL_EXPORT
#endif

namespace vsl {

/// Why a call failed: what the system said, and what was attempted on what.
struct [[nodiscard]] Error {
  std::error_code code;  ///< compare with std::errc; the value of a generic code is an errno
  std::string where;     ///< the attempt and its object: "connect /run/cam"

  /// One line for a person: "connect /run/cam: Connection refused".
  std::string message() const { return where + ": " + code.message(); }
  /// The errno for a C caller.
  int to_errno() const { return code.default_error_condition().value(); }

  static Error from_errno(int errnum, std::string where) {
    return Error{std::error_code(errnum, std::generic_category()), std::move(where)};
  }
  static Error last(std::string where) { return from_errno(errno, std::move(where)); }
  static Error of(std::errc code, std::string where) {
    return Error{std::make_error_code(code), std::move(where)};
  }
};

/// A T, or the Error that prevented it. Member names are those of std::expected.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {}
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace vsl

#define VSL_CONCAT_INNER(a, b) a##b
#define VSL_CONCAT(a, b) VSL_CONCAT_INNER(a, b)
#define VSL_TRY_INNER(tmp, declaration, expression) \
  auto tmp = (expression);                          \
  if (!tmp) return std::move(tmp).error();          \
  declaration = std::move(tmp).value()
/// Returns the Error of `expression` to our caller, or moves its value into `declaration`.
#define VSL_TRY(declaration, ...) \
  VSL_TRY_INNER(VSL_CONCAT(vsl_try_, __LINE__), declaration, (__VA_ARGS__))
/// The same for a Result<void>.
#define VSL_CHECK(...)                                          \
  if (auto vsl_check_result = (__VA_ARGS__); !vsl_check_result) \
  return std::move(vsl_check_result).error()
