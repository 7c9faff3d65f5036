#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/build.sh PRESET [JOBS] [TARGET...]
# Configures when there is a need, builds always; ninja decides what has to be done. A tree that is
# only to make the command, or what is installed, asks for no packages of tests.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
jobs=${2:-$(nproc)}
shift; [ $# -eq 0 ] || shift
tree=build/$preset

# What a tree is configured for grows with what is asked of it, and never shrinks.
parts=(command installed all)
case ${1:-} in
  command) need=0 ;;
  installed) need=1 ;;
  *) need=2 ;;
esac
have=-1
[ ! -f "$tree/build.ninja" ] || have=$(cat "$tree/configured_for" 2>/dev/null || echo 2)

if [ "$need" -gt "$have" ]; then
  options=(-UVSL_BUILD_TESTS -UVSL_BUILD_BENCH)  # as the preset says
  [ "$need" -eq 2 ] || options=(-DVSL_BUILD_TESTS=OFF -DVSL_BUILD_BENCH=OFF)
  mkdir -p "$tree"
  cmake --preset "$preset" "${options[@]}" >"$tree/configure.log" 2>&1 || {
    cat "$tree/configure.log" >&2
    exit 1
  }
  echo "$need" >"$tree/configured_for"
fi
echo "build: preset $preset, ${1:-${parts[2]}}, $jobs jobs"
exec cmake --build "$tree" --parallel "$jobs" ${1:+--target "$@"}
