#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/coverage.sh [--report] [ctest options]
# Which lines of the folders below the tests and the fuzzers' corpora run. Builds the preset
# coverage, runs its tests and prints a table; with --report only the table, of what was run before.
# Fails when fewer than 95 of 100 lines were run. Children that are killed do not write down what
# they ran.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --report ]; then
  shift
else
  tools/build.sh coverage "$(nproc)"
  find build/coverage -name '*.gcda' -delete
  tools/run_tests.sh coverage -LE 'abi|lab' "$@" || true  # what failed was printed; lines count
fi
exec python3 tools/coverage_report.py build/coverage 95 src/wire src/ipc
