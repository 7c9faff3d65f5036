#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: models/check.sh [MODEL...]
# Checks the models of the protocol, a line per property: every RIGHT line of a model must hold in all
# states, and every BREAK line must be found, by the failure it names. See models/README.md.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- lease chime hello
command -v spin >/dev/null || { echo "check.sh: spin is missing: run tools/setup.sh" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

verdict() {
  echo "$1$2"
  [ "$1" = "ok      " ] || failed=$((failed + 1))
}

# A model with an ltl formula is searched for cycles of weakly fair runs, the others for end states.
compile() {
  local options=(-DSAFETY -DNOFAIR)
  ! grep -q '^ltl ' "$here/$1.pml" || options=(-DNFAIR=3)
  mkdir "$work/$1" && cp "$here"/*.pml "$work/$1" && cd "$work/$1" &&
    spin -a "$1.pml" >spin.log 2>&1 &&
    ${CC:-cc} -O2 -w "${options[@]}" -DCOLLAPSE -DMEMLIM=1500 -o pan pan.c >>spin.log 2>&1
}

# MODEL MODE BREAK: leaves pan.log
search() {
  local options=(-m200000 -n)
  ! grep -q '^ltl ' "$here/$1.pml" || options+=(-a -f)
  (cd "$work/$1" && VSL_MODEL_MODE=$2 VSL_MODEL_BREAK=$3 ./pan "${options[@]}" >pan.log 2>&1)
}
whole() { grep -q 'errors: 0' "$1" && ! grep -qiE 'not completed|too small|out of memory' "$1"; }

right() {
  local model=$1 mode=$2 what=$3 log=$work/$1/pan.log start=$SECONDS
  search "$model" "$mode" 0
  local states
  states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$log")
  if whole "$log"; then
    verdict "ok      " "$model: $what ($states states, $((SECONDS - start)) s)"
  else
    verdict "FAILED  " "$model: $what: $(grep -m1 -E '^pan:' "$log" || tail -n 1 "$log")"
  fi
}

broken() {
  local model=$1 number=$2 mode=$3 name=$4 failure=$5 what=$6 log=$work/$1/pan.log
  search "$model" "$mode" "$number"
  if grep -qE "^pan:1: .*$failure" "$log"; then
    verdict "ok      " "$model: finds $name ($failure)"
  else
    verdict "FAILED  " "$model: does not find $name ($what) as $failure: $(grep -m1 -E '^pan:1|errors:' "$log")"
  fi
}

python3 -B "$here/ties.py" || failed=$((failed + 1))
for model in "$@"; do (compile "$model") & done
wait
for model in "$@"; do
  if [ ! -x "$work/$model/pan" ]; then
    cat "$work/$model/spin.log"
    verdict "FAILED  " "$model: cannot be compiled"
    continue
  fi
  while read -r mode what; do
    right "$model" "$mode" "$what"
  done < <(sed -n 's/^ \* RIGHT //p' "$here/$model.pml")
  while IFS='|' read -r number mode name failure what; do
    broken "$model" "$number" "$mode" "$name" "$failure" "$what"
  done < <(sed -nE 's/^ \* BREAK ([0-9]+) ([0-9]+) ([^,]+), ([^:]+): (.*)$/\1|\2|\3|\4|\5/p' "$here/$model.pml")
done
if [ "$failed" -gt 0 ]; then
  echo "models: $failed FAILED in $SECONDS s"
  exit 1
fi
echo "models: all as they should be in $SECONDS s"
