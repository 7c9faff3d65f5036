#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The models stand for code: each of their CODE lines names a function and what it does in which order.

    CODE <file> <function>: <text> | <text> | ...

The texts have to occur in the function's body in that order. Where they name atomic accesses, it must
have no others.
When this fails, look whether the model still is what the code does, and change both.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ATOMIC = re.compile(r"\.(?:store|load|exchange|compare_exchange_\w+|fetch_\w+)\(|atomic_thread_fence\(")


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def closing(text, start):
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] in "({") - (text[i] in ")}")
        if depth == 0:
            return i
    raise ValueError("brackets do not match")


def bodies(source, function):
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", source, flags=re.DOTALL)
    for match in re.finditer(rf"(?<![\w.>]){function}\(", text):
        end = closing(text, match.end() - 1) + 1
        opening = re.compile(r"[\w\s]*\{").match(text, end)  # const, noexcept, override
        if opening:
            yield squeezed(text[opening.end() - 1 : closing(text, opening.end() - 1) + 1])


def difference(body, steps):
    """What the body does otherwise than the steps say, or None."""
    at = 0
    for step in steps:
        found = body.find(step, at)
        if found < 0:
            return f"'{step}' is not there" + (", or not in this order" if step in body else "")
        at = found + len(step)
    named = sum(len(ATOMIC.findall(step)) for step in steps)
    found = len(ATOMIC.findall(body))
    if named and found != named:
        return f"it has {found} atomic accesses, the model knows {named}"
    return None


def check(model, path, function, steps):
    found = list(bodies((HERE.parent / path).read_text(), function))
    if len(found) != 1:
        return f"{model}: {path} has {len(found)} functions {function}"
    why = difference(found[0], [squeezed(step.strip()) for step in steps.split("|")])
    return f"{model}: {function} in {path}: {why}" if why else None


def main():
    lines = [(model.name, *match.groups())
             for model in sorted(HERE.glob("*.pml"))
             for match in re.finditer(r"^ \* CODE (\S+) (\S+): (.*)$", model.read_text(), re.MULTILINE)]
    wrong = [why for line in lines if (why := check(*line))]
    for why in wrong:
        print(f"FAILED  ties: {why}")
    if not wrong:
        print(f"ok      ties: {len(lines)} functions do what the models say, in that order")
    return 1 if wrong or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
