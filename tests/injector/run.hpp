// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "injector.hpp"
#include "videostream/result.hpp"

namespace vsl::injector {

/// One run of a scenario with one fault: what is armed in it, and what was seen to be wrong.
class Run {
 public:
  explicit Run(const Plan& plan) : plan_(plan) {}

  /// Calls the code under test, armed. Its Error must name what failed; no exception may leave it.
  template <class Body>
  auto attempt(const char* what, Body&& body)
      -> std::optional<typename decltype(body())::value_type> {
    auto result = armed_result(what, std::forward<Body>(body));
    if (!result) return std::nullopt;
    if (*result) return std::move(**result);
    judge(what, result->error());
    return std::nullopt;
  }
  /// The same for a call that fails with `normal` when all is well, too.
  template <class Body>
  auto attempt_or(const char* what, int normal, Body&& body) {
    normal_ = normal;
    auto value = attempt(what, std::forward<Body>(body));
    normal_ = 0;
    return value;
  }
  /// The same for Result<void>.
  template <class Body>
  bool attempt_void(const char* what, Body&& body) {
    auto result = armed_result(what, std::forward<Body>(body));
    if (!result) return false;
    if (!*result) judge(what, result->error());
    return result->has_value();
  }
  /// A C function: `failed` of what it returns; then errno and vsl_last_error() must be set.
  template <class Value, class Body>
  Value attempt_c(const char* what, Value failed, Body&& body) {
    before_ = reached();
    errno = 0;
    Value value = failed;
    try {
      const Armed armed;
      value = body();
    } catch (...) {
      check(false, std::string(what) + ": an exception left a C function");
    }
    if (value == failed) judge_c(what, errno);
    return value;
  }
  template <class Value, class Body>
  Value attempt_c_or(const char* what, Value failed, int normal, Body&& body) {
    normal_ = normal;
    Value value = attempt_c<Value>(what, failed, std::forward<Body>(body));
    normal_ = 0;
    return value;
  }
  /// What cannot fail, as destructors.
  template <class Body>
  void armed(Body&& body) {
    try {
      const Armed armed;
      std::forward<Body>(body)();
    } catch (const std::exception& exception) {
      check(false, std::string("an exception left what cannot fail: ") + exception.what());
    }
  }

  /// From here on a fault `from` may be reported as `to`, for that is what it means there.
  void may_become(int from, int to) { other_names_.push_back({from, to}); }
  /// From here on all must work again.
  void relieve() noexcept { injector::relieve(); }
  bool check(bool good, std::string_view what) {
    const Disarmed disarmed;
    if (!good) violations_.emplace_back(what);
    return good;
  }
  const std::vector<std::string>& violations() const noexcept { return violations_; }
  /// Rounds of a scenario: few where each of them has to run into its time limit.
  int rounds(int most) const noexcept { return plan_.lasting ? std::min(most, 3) : most; }

 private:
  template <class Body>
  auto armed_result(const char* what, Body&& body) -> std::optional<decltype(body())> {
    before_ = reached();
    try {
      const Armed armed;
      return body();
    } catch (const std::exception& exception) {
      check(false, std::string(what) + ": an exception left it: " + exception.what());
    }
    return std::nullopt;
  }
  void judge(const char* what, const Error& error);
  void judge_c(const char* what, int errnum);
  void judge_errno(const char* what, int errnum, const std::string& sentence);

  const Plan plan_;
  std::vector<std::pair<int, int>> other_names_;
  int normal_ = 0;       // an errno that needs no fault
  bool before_ = false;  // whether the fault had been met before this attempt
  std::vector<std::string> violations_;
};

using Body = void (*)(Run&);
struct Scenario {
  const char* name;
  Body body;
  std::vector<Call> calls;         ///< what it can meet; a test holds that it meets nothing else
  std::vector<Call> excused = {};  ///< what it meets and is not to survive; the place says why
};
const std::vector<Scenario>& scenarios();
/// The parts of that list.
std::vector<Scenario> memory_scenarios();
std::vector<Scenario> host_scenarios();
std::vector<Scenario> client_scenarios();
std::vector<Scenario> c_scenarios();

}  // namespace vsl::injector
