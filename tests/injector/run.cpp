// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "run.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#define VSL_TARGET_VERSION 2007000
#include "videostream.h"

namespace vsl::injector {

void Run::judge(const char* what, const Error& error) {
  check(error.code.value() != 0, std::string(what) + ": the error has no code");
  check(!error.where.empty(), std::string(what) + ": the error does not say what was attempted");
  judge_errno(what, error.to_errno(), error.message());
}

void Run::judge_c(const char* what, int errnum) {
  const std::string sentence = vsl_last_error();
  check(errnum != 0, std::string(what) + ": it failed and left errno 0");
  check(!sentence.empty(), std::string(what) + ": it failed and vsl_last_error() is empty");
  judge_errno(what, errnum, sentence);
}

void Run::judge_errno(const char* what, int errnum, const std::string& sentence) {
  if (errnum == normal_) return;
  check(reached(), std::string(what) + ": it failed without a fault: " + sentence);
  // Of a fault that was met earlier this is the consequence, with a reason of its own.
  if (before_ || !reached()) return;
  const int injected = plan_.errnum == kFdsCutOff ? EMFILE : plan_.errnum;
  const auto other =
      std::find(other_names_.begin(), other_names_.end(), std::pair(injected, errnum));
  if (other != other_names_.end()) return;
  check(errnum == injected, std::string(what) + ": " + std::strerror(injected) +
                                " was reported as " + std::strerror(errnum) + " (" + sentence +
                                ")");
}

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> list;
    for (auto part : {memory_scenarios(), host_scenarios(), client_scenarios(), c_scenarios()}) {
      std::move(part.begin(), part.end(), std::back_inserter(list));
    }
    return list;
  }();
  return all;
}

}  // namespace vsl::injector
