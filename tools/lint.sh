#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/lint.sh BUILD_DIR [JOBS]
set -euo pipefail
cd "$(dirname "$0")/.."
exec run-clang-tidy-14 -quiet -p "$1" -j "${2:-$(nproc)}" "$PWD/(src|apps)/.*(?<!_test)\.cpp$"
