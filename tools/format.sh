#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/format.sh [--check]
# Formats every C and C++ file of ours; with --check only says which are not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
[ "${1:-}" != --check ] || mode=(--dry-run -Werror)
folders=()
for folder in include src apps examples tests bench fuzz; do
  [ ! -d "$folder" ] || folders+=("$folder")
done
find "${folders[@]}" -name '*.[ch]' -o -name '*.hpp' -o -name '*.cpp' | sort |
  xargs -r -n 16 -P "$(nproc)" clang-format-14 "${mode[@]}"
