#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/fuzz.sh [--small-kernel] [--seconds N | --runs N] [--jobs N] [TARGET...]
# Builds the fuzzers (fuzz/README.md) and runs each for N seconds, 60 by default, or for N
# executions, as many at a time as there are processors. With --small-kernel inputs are invented on
# it. What found new ways is replayed on the real one. The last lines are a table. Fails when anything was found, and says
# how to see it again.
set -uo pipefail
cd "$(dirname "$0")/.."
limit=(-max_total_time=60)
jobs=$(nproc)
targets=()
kernel=
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) limit=("-max_total_time=$2"); shift ;;
    --runs) limit=("-runs=$2"); shift ;;
    --jobs) jobs=$2; shift ;;
    --small-kernel) kernel=small ;;
    -*) sed -n 's/^# \(Usage.*\)/\1/p' "$0" >&2; exit 2 ;;
    *) targets+=("$1") ;;
  esac
  shift
done
if [ ${#targets[@]} -eq 0 ]; then
  for source in fuzz/*_fuzzer.cpp; do
    name=$(basename "$source" _fuzzer.cpp)
    targets+=("$name")
  done
fi

tools/build.sh fuzz "$jobs" "${targets[@]/#/fuzz_}" || exit 1

programs=$PWD/build/fuzz/fuzz
results=$PWD/build/fuzz/results
export LLVM_SYMBOLIZER_PATH="${LLVM_SYMBOLIZER_PATH:-$(command -v llvm-symbolizer-14)}"
export ASAN_SYMBOLIZER_PATH="$LLVM_SYMBOLIZER_PATH"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
# A quarter of the time of a run is the sanitizer's own book-keeping; a replay has it whole.
export ASAN_OPTIONS="${ASAN_OPTIONS:-malloc_context_size=3:quarantine_size_mb=8}"

# Leaves results/TARGET.log and results/TARGET.replay.log, and what was found as results/TARGET-crash-…
run_one() {
  local target=$1 found=$results/corpus/$1 corpus=fuzz/corpus/$1
  mkdir -p "$found" "$corpus"
  rm -f "$results/$target"-* "$results/$target.replay.log"
  # What grew out of earlier runs is kept in the build tree; fuzz/README.md says how some of it
  # gets into the repository. Entropic scheduling costs more than these targets themselves.
  # The small kernel (fuzz/kernel/kernel.hpp) is several times faster.
  VSL_FUZZ_KERNEL=$kernel "$programs/fuzz_$target" "${limit[@]}" -max_len=512 -timeout=20 \
    -rss_limit_mb=3000 -entropic=0 -print_final_stats=1 -artifact_prefix="$results/$target-" \
    "$found" "$corpus" \
    >"$results/$target.log" 2>&1 || return
  "$programs/fuzz_$target" -runs=0 -max_len=512 -timeout=60 -artifact_prefix="$results/$target-" \
    "$found" "$corpus" >"$results/$target.replay.log" 2>&1
}
mkdir -p "$results"
echo "fuzz: ${#targets[@]} targets, ${limit[0]#-}, $jobs at a time"
running=0
for target in "${targets[@]}"; do
  if [ "$running" -ge "$jobs" ]; then
    wait -n
    running=$((running - 1))
  fi
  run_one "$target" &
  running=$((running + 1))
done
wait

failed=()
printf '%-14s %14s %10s %10s  %s\n' target executions per-second branches result
for target in "${targets[@]}"; do
  log=$results/$target.log
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  branches=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  result=ok
  if ! grep -q '^Done [0-9]* runs' "$log" ||
    ! grep -q '^Done [0-9]* runs' "$results/$target.replay.log" ||
    compgen -G "$results/$target-*" >/dev/null; then
    result=FINDING
    failed+=("$target")
  fi
  printf '%-14s %14s %10s %10s  %s\n' "$target" "${runs:-?}" "${rate:-?}" "${branches:-?}" "$result"
done
for target in ${failed[@]+"${failed[@]}"}; do
  echo
  echo "fuzz: $target"
  grep -h -E -m3 '(^fuzz: |ERROR: |runtime error:|videostream: broken invariant)' \
    "$results/$target.log" "$results/$target.replay.log"
  for input in "$results/$target"-*; do
    [ -e "$input" ] || continue
    echo "  input:  ${input#"$PWD"/}"
    echo "  replay: [VSL_FUZZ_KERNEL=small] build/fuzz/fuzz/fuzz_$target ${input#"$PWD"/}"
  done
  echo "  log:    ${results#"$PWD"/}/$target.log"
done
[ ${#failed[@]} -eq 0 ]
