#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Every file of ours that can carry a comment names its licence and its owners at the top."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUFFIXES = {".h", ".hpp", ".c", ".cpp", ".py", ".sh", ".cmake", ".map", ".rs", ".pml"}
NAMES = {"CMakeLists.txt", "Makefile", ".clang-tidy", ".clang-format", "run"}
SKIP = {".git", "build", ".cache", "__pycache__", ".pytest_cache", "target"}
LINES = ("SPDX-License-Identifier: Apache-2.0", "Copyright The VideoStream authors")


def own_files():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in SKIP and not f.startswith("build-"))
        for name in sorted(names):
            path = pathlib.Path(folder) / name
            if path.suffix in SUFFIXES or name in NAMES:
                yield path


def main():
    wrong = 0
    for path in own_files():
        head = "\n".join(path.read_text(errors="replace").splitlines()[:5])
        for line in LINES:
            if line not in head:
                print(f"{path.relative_to(ROOT)}: its first five lines lack '{line}'")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
