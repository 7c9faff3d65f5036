#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/build.sh PRESET [JOBS] [TARGET...]
# Configures once, builds always; ninja decides what has to be done.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
jobs=${2:-$(nproc)}
shift; [ $# -eq 0 ] || shift
if [ ! -f "build/$preset/build.ninja" ]; then
  mkdir -p "build/$preset"
  cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || {
    cat "build/$preset/configure.log" >&2
    exit 1
  }
fi
echo "build: preset $preset, $jobs jobs"
exec cmake --build "build/$preset" --parallel "$jobs" ${1:+--target "$@"}
