// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "trial.hpp"

namespace vsl::injector {
namespace {

// A loop that waits looks again and again: what fails the 25th time fails as it did the 24th.
constexpr std::uint64_t kMostCalls = 25;

struct Case {
  const Scenario* scenario;
  Call call;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.scenario->name << ", " << facts(one.call).name;
}

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const auto& scenario : scenarios()) {
    for (const Call call : scenario.calls) list.push_back({&scenario, call});
  }
  return list;
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return std::string(info.param.scenario->name) + "_" + facts(info.param.call).name;
}

std::string describe(const Scenario& scenario, const Plan& plan) {
  const char* what = plan.errnum == kFdsCutOff ? "descriptors cut off" : strerror(plan.errnum);
  return std::string(scenario.name) + ", " + facts(plan.call).name + " " +
         std::to_string(plan.nth) + (plan.lasting ? " and all after it" : "") + ": " + what;
}

class AnyCallMayFail : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    // What is made once in a process is made here: it is no leak, and no part of the scenario.
    (void)run_here(*GetParam().scenario, {});
    const Outcome whole = run_here(*GetParam().scenario, {});
    ASSERT_EQ(whole.violations, "") << "without any fault";
  }
  /// Runs every n until the scenario does not get there any more.
  std::uint64_t run_all(int errnum, bool lasting) {
    std::uint64_t nth = 1;
    for (;; ++nth) {
      const Plan plan{GetParam().call, errnum, nth, lasting};
      const Outcome outcome = run_apart(*GetParam().scenario, plan);
      EXPECT_EQ(outcome.violations, "") << describe(*GetParam().scenario, plan);
      if (!outcome.violations.empty() && ++failures_ == kMostFailures) break;
      if (!outcome.reached || nth == kMostCalls) break;
    }
    return nth;
  }

 private:
  static constexpr int kMostFailures = 5;  // the next ones would tell the same
  int failures_ = 0;
};

TEST_P(AnyCallMayFail, AndNothingButThatCallSuffers) {
  std::uint64_t runs = 0, calls = 0;
  const auto& errnos = facts(GetParam().call).errnos;
  for (const int errnum : errnos) {
    if (errnum == 0) break;
    calls = run_all(errnum, false);
    runs += calls;
  }
  // What is exhausted mostly stays so for a while.
  runs += run_all(errnos[0], true);
  std::printf("[  points  ] %s %s: %llu calls, %llu runs\n", GetParam().scenario->name,
              facts(GetParam().call).name, static_cast<unsigned long long>(calls - 1),
              static_cast<unsigned long long>(runs));
  RecordProperty("calls", static_cast<int>(calls - 1));
  RecordProperty("runs", static_cast<int>(runs));
}

INSTANTIATE_TEST_SUITE_P(Injector, AnyCallMayFail, ::testing::ValuesIn(cases()), name_of);

TEST(InjectorTest, KnowsEveryCallThatItsScenariosMake) {
  for (const auto& scenario : scenarios()) {
    (void)run_here(scenario, {});
    const Outcome outcome = run_here(scenario, {});
    EXPECT_EQ(outcome.violations, "") << scenario.name;
    for (std::size_t i = 0; i < kCallCount; ++i) {
      const auto call = static_cast<Call>(i);
      const auto in = [&](const std::vector<Call>& list) {
        return std::find(list.begin(), list.end(), call) != list.end();
      };
      // A host looks after its socket file once a second, in whatever scenario that is.
      const bool listed = in(scenario.calls) || in(scenario.excused) || call == Call::stat;
      EXPECT_TRUE(listed || outcome.counts[i] == 0)
          << scenario.name << " calls " << facts(call).name << ", which is not in its list";
    }
  }
}

/// For a debugger: one run in this process. tests/injector/README.md
int run_one(const std::string& text) {
  std::istringstream words(text);
  std::string scenario, call, lasting;
  Plan plan;
  words >> scenario >> call >> plan.nth >> plan.errnum >> lasting;
  plan.lasting = lasting == "lasting";
  for (const Case& each : cases()) {
    if (scenario != each.scenario->name || call != facts(each.call).name) continue;
    (void)run_here(*each.scenario, {});
    plan.call = each.call;
    const Outcome outcome = run_here(*each.scenario, plan);
    std::printf("%s\n%sthe fault was %s\n", describe(*each.scenario, plan).c_str(),
                outcome.violations.c_str(), outcome.reached ? "met" : "not met");
    return outcome.violations.empty() ? 0 : 1;
  }
  std::printf("VSL_INJECT=\"SCENARIO CALL NTH ERRNO [lasting]\": no such scenario or call\n");
  return 2;
}

}  // namespace
}  // namespace vsl::injector

int main(int argc, char** argv) {
  if (const char* const one = std::getenv("VSL_INJECT")) return vsl::injector::run_one(one);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
