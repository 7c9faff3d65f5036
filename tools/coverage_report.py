#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Usage: coverage_report.py BUILD LEAST_PERCENT FOLDER...

Line coverage of the sources in each folder, from the counts that a build with --coverage left
behind. A line in a header counts as run when any program ran it. Fails below LEAST_PERCENT."""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def counts_of(build):
    """file → line → how often it ran, over all programs."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    data = sorted(build.rglob("*.gcda"))
    for start in range(0, len(data), 16):
        names = [str(path) for path in data[start:start + 16]]
        report = subprocess.run(["gcov", "--json-format", "--stdout", *names], cwd=build, check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for document in report.stdout.splitlines():
            for file in json.loads(document)["files"]:
                path = (build / file["file"]).resolve()
                for line in file["lines"]:
                    lines[path][line["line_number"]] += line["count"]
    return lines


def ranges(numbers):
    """1,2,3,7 → "1-3 7"."""
    parts = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def report(folder, lines):
    """Prints a folder's table; its lines, and those that ran."""
    print(f"{folder:<26} {'lines':>6} {'run':>6}        not run")
    all_lines = all_run = 0
    for path in sorted(lines):
        if path.parent != ROOT / folder or path.name.endswith("_test.cpp") or path.name == "testing.hpp":
            continue
        run = sum(1 for count in lines[path].values() if count > 0)
        missed = [number for number, count in lines[path].items() if count == 0]
        print(f"  {path.name:<24} {len(lines[path]):>6} {run:>6} {100 * run / len(lines[path]):>6.1f} %"
              f"  {ranges(missed)}")
        all_lines += len(lines[path])
        all_run += run
    print(f"  {'all':<24} {all_lines:>6} {all_run:>6} {100 * all_run / max(all_lines, 1):>6.1f} %")
    return all_lines, all_run


def main():
    build, least = pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2])
    lines = counts_of(build)
    totals = [report(folder, lines) for folder in sys.argv[3:]]
    percent = 100 * sum(run for _, run in totals) / max(sum(all_lines for all_lines, _ in totals), 1)
    print(f"coverage: {percent:.1f} % of the lines of {' and '.join(sys.argv[3:])}")
    if any(100 * run < least * all_lines for all_lines, run in totals):
        print(f"coverage: less than {least:g} % in one of them")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
