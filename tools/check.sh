#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/check.sh [JOBS]
# The whole gate. Cheap steps first; every step is run, and the last lines say which failed.
set -uo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-$(nproc)}
export CTEST_PARALLEL_LEVEL=$jobs
failed=()

step() {
  local name=$1 start=$SECONDS
  shift
  echo "== $name"
  if "$@"; then
    echo "== $name: ok, $((SECONDS - start)) s"
  else
    echo "== $name: FAILED, $((SECONDS - start)) s"
    failed+=("$name")
  fi
}
build() { tools/build.sh "$1" "$jobs"; }
# Short ones; tests/storm/README.md has the long one.
storm() {
  local preset=$1
  shift
  "build/$preset/tests/storm/videostream_storm" "$@"
}
storms() {
  build release &&
    storm release --seconds 18 --quiet-seconds 3 &&
    storm release --seconds 7 --quiet-seconds 0 --fps 20000 --size 64x16 --buffers 6 --hold-ms 2 &&
    storm release --scenario greedy --seconds 3 --clients 8 --hold-ms 200 &&
    storm release --scenario frozen --seconds 4 --clients 16 &&
    storm release --scenario killed --seconds 3 &&
    storm release --scenario attacks
}
build_and_test() { build "$1" && tools/run_tests.sh "$@"; }

step "format"           tools/format.sh --check
step "layers"           python3 tools/check_layers.py
step "licence lines"    python3 tools/check_spdx.py
step "models"           models/check.sh
step "exported symbols" build_and_test release -L abi
step "empty trees: make demo, make install" tools/fresh.sh
step "storm"            storms
step "clang, thread-safety analysis"              build clang
step "address and undefined-behaviour sanitizers" build_and_test asan
step "storm, address sanitizer" storm asan --seconds 12 --quiet-seconds 0 --clients 12 --fps 30
step "thread sanitizer"                           build_and_test tsan
step "fuzzers, half a minute each"                tools/fuzz.sh --seconds 30 --jobs "$jobs"

if [ ${#failed[@]} -gt 0 ]; then
  printf 'check: FAILED in %d s:' "$SECONDS"
  printf ' [%s]' "${failed[@]}"
  echo
  exit 1
fi
echo "check: everything passed in $SECONDS s"
