#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: run_inside.sh MACHINE LIMIT_S PROGRAM [ARGUMENT...]
# Runs a test program in the lab's machine. Asked only for the names of its tests, it can do without.
machine=$1
limit_s=$2
shift 2
case " $* " in *" --gtest_list_tests "*) exec "$@" ;; esac
exec "$(dirname "$0")/../../lab/run" --in "$machine" --timeout "$limit_s" -- "$@"
