# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The commands of docs/codecs.md do what the page says."""
import os
import pathlib
import re
import shlex
import subprocess

from conftest import PATIENCE_S, wait_until

PAGE = pathlib.Path(os.environ["VIDEOSTREAM_ROOT"]) / "docs" / "codecs.md"


def commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_command_of_the_page_does_what_it_says(binary, start, tmp_path):
    for line in commands():
        assert line.startswith("videostream ")
        line = line.replace("/tmp/vsl-doc-coded", str(tmp_path / "bus"))
        if line.endswith("&"):
            start(*shlex.split(line)[1:-1])
            wait_until((tmp_path / "bus").exists, "the socket")
            continue
        line = line.replace("videostream", shlex.quote(binary), 1)
        done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert (tmp_path / "coded.png").stat().st_size > 0
    decoded = (tmp_path / "clip.y4m").read_bytes()
    assert decoded.count(b"FRAME\n") == 60
    assert (tmp_path / "same.y4m").read_bytes() == decoded
