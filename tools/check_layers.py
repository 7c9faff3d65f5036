#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Reads every #include of the tree against tools/layers.txt and names those that break it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".h", ".hpp", ".c", ".cpp"}
SYSTEM = ("sys/", "linux/", "asm/", "arpa/", "net/", "netinet/", "bits/", "sanitizer/")
TEST_ONLY = ("gtest/", "gmock/")
C_HEADERS = {"errno.h", "stdbool.h", "stddef.h", "stdint.h", "stdlib.h", "string.h"}


def read_table(path):
    """Returns {section: {name: [folders]}}."""
    table, section = {}, None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        if line.startswith("["):
            section = table.setdefault(line.strip("[]"), {})
            continue
        name, colon, folders = line.partition(":")
        if section is None or not colon:
            sys.exit(f"{path}:{number}: expected 'name: folders' below a [section]")
        section[name.strip()] = folders.split()
    return table


def longest_prefix(name, prefixes):
    matches = [p for p in prefixes if name == p or name.startswith(p.rstrip("/") + "/")
               or (not p.endswith("/") and name.startswith(p + "."))]
    return max(matches, key=len, default=None)


class Checker:
    def __init__(self, table):
        self.folders = table["folders"]
        self.public = table["public"]
        self.third_party = table["third-party"]
        self.problems = []
        self.count = 0

    def folder_of(self, path):
        return longest_prefix(path.as_posix(), self.folders)

    def check_file(self, path):
        relative = path.relative_to(ROOT)
        folder = self.folder_of(relative)
        if folder is None:
            self.problems.append(f"{relative}: is in no folder of tools/layers.txt")
            return
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                self.count += 1
                why = self.objection(relative, folder, match.group(1) == '"', match.group(2))
                if why:
                    self.problems.append(f"{relative}:{number}: includes {match.group(2)}: {why}")

    def objection(self, file, folder, quoted, name):
        if name in self.public or (ROOT / "include" / name).is_file():
            return self.public_objection(folder, name)
        if quoted:
            return self.own_objection(file, folder, name)
        return self.system_objection(file, folder, name)

    def public_objection(self, folder, name):
        owner = self.public.get(name)
        if owner is None:
            return "this public header has no owner in tools/layers.txt"
        if folder == "include/videostream.h" or (folder == "bindings" and name != "videostream.h"):
            return f"{folder} is written against the C header alone"
        if not folder.startswith("src/") or set(owner) & {folder, *self.folders[folder]}:
            return None
        return f"it belongs to {owner[0]}, which {folder} may not include"

    def own_objection(self, file, folder, name):
        for base in (*file.parents, pathlib.Path("src")):
            target = base / name
            if (ROOT / target).is_file():
                break
        else:
            return "no such file beside it, in src/ or in include/"
        if file.stem.endswith("_test") and target.parts[0] == "tests":
            return None
        owner = self.folder_of(target)
        if owner == folder or owner in self.folders[folder]:
            return None
        return f"{folder} may not include {owner}"

    def system_objection(self, file, folder, name):
        if folder == "include/videostream.h":
            return None if name in C_HEADERS else "the C header keeps to the headers of C itself"
        if name.startswith(TEST_ONLY):
            return None if file.stem.endswith("_test") else "only tests may use it"
        prefix = longest_prefix(name, self.third_party)
        if prefix:
            allowed = self.third_party[prefix]
            return None if folder in allowed else f"only {' and '.join(allowed)} may"
        if "/" in name and not name.startswith(SYSTEM):
            return "a third-party header that tools/layers.txt does not list"
        return None


def main():
    checker = Checker(read_table(ROOT / "tools" / "layers.txt"))
    files = [p for top in ("include", "src", "apps", "examples", "gst", "bindings")
             for p in sorted((ROOT / top).rglob("*")) if p.suffix in SOURCES]
    for path in files:
        checker.check_file(path)
    for problem in checker.problems:
        print(problem)
    print(f"layers: {checker.count} includes in {len(files)} files, {len(checker.problems)} wrong")
    return 1 if checker.problems else 0


if __name__ == "__main__":
    sys.exit(main())
