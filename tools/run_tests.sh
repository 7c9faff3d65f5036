#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/run_tests.sh PRESET [ctest options]
# Runs the tests of a build, shows the output of those that fail, and ends with one line.
set -uo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
export CTEST_PARALLEL_LEVEL="${CTEST_PARALLEL_LEVEL:-$(nproc)}"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
start=$SECONDS
ctest --preset "$preset" "$@" 2>&1 | tee "$report"
status=${PIPESTATUS[0]}
summary=$(grep -E '^[0-9]+% tests passed' "$report" || echo "no test was run")
verdict=PASSED
[ "$status" -eq 0 ] || verdict=FAILED
echo "$verdict ($preset): $summary, $((SECONDS - start)) s"
exit "$status"
