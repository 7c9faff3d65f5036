# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Every claim of docs/threat-model.md names tests, and each of them exists."""

import os
import pathlib
import re

import pytest

ROOT = pathlib.Path(os.environ["VIDEOSTREAM_ROOT"])
TEXT = (ROOT / "docs/threat-model.md").read_text()
IN_CPP = {f"{suite}.{name}" for folder in ("src", "apps", "tests")
          for path in (ROOT / folder).rglob("*_test.cpp")
          for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", path.read_text(),
                                        re.MULTILINE)}
IN_PYTHON = {name for path in (ROOT / "tests").rglob("test_*.py")
             for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)}


def named(text):
    return re.findall(r"`(\w+Test\.\w+|test_\w+|(?:models|fuzz)/[\w.]+)`", text)


def claims():
    """Rows of the tables whose last column says what shows them."""
    last = ""
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            last = ""
        elif not last:
            last = cells[-1]
        elif last == "shown by" and not set(cells[-1]) <= {"-"}:
            yield cells[0], cells[-1]


@pytest.mark.parametrize("name", sorted(set(named(TEXT))))
def test_a_test_that_is_named_exists(name):
    assert name in IN_CPP or name in IN_PYTHON or (ROOT / name).is_file()


@pytest.mark.parametrize("claim, shown_by", list(claims()))
def test_a_claim_names_what_shows_it(claim, shown_by):
    rest = re.sub(r"`[^`]*`|[, ]", "", shown_by)
    assert named(shown_by) and rest == "", f"{claim}: {shown_by}"


def test_there_are_claims():
    assert len(list(claims())) > 20
