#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: fuzz/minimise.sh TARGET [MOST_INPUTS]
# Adds to corpus/TARGET what earlier runs of tools/fuzz.sh found: the smallest inputs that reach a
# branch the corpus does not reach, MOST_INPUTS of them at most (100).
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1
most=${2:-100}
found=build/fuzz/results/corpus/$target
merged=$(mktemp -d)
trap 'rm -rf "$merged"' EXIT
cp fuzz/corpus/"$target"/* "$merged"
before=$(find "$merged" -type f | wc -l)
# Counters are left out (-use_counters=0): how often a branch is taken makes no new input here.
build/fuzz/fuzz/fuzz_"$target" -merge=1 -use_counters=0 -max_len=512 "$merged" "$found" 2>/dev/null
find "$merged" -type f -printf '%s %p\n' | sort -n | cut -d' ' -f2 |
  while read -r input; do
    name=$(basename "$input")
    [ -e "fuzz/corpus/$target/$name" ] || echo "$input"
  done | head -n "$most" | xargs -r -I{} cp {} fuzz/corpus/"$target"/
echo "$target: $before inputs before, $(find fuzz/corpus/"$target" -type f | wc -l) now"
