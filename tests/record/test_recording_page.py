# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The commands of docs/recording.md do what the page says."""
import os
import pathlib
import re
import shlex

from conftest import wait_until
from recordings import Movie, complaints

PAGE = pathlib.Path(os.environ["VIDEOSTREAM_ROOT"]) / "docs" / "recording.md"
RECORDED = {"clip.mp4": 60, "clip.h264": 60, "clip.h265": 30, "copy.mp4": 60, "bus.mp4": None,
            "slow.h264": 30,
            "web.mp4": 30, "safe.h264": 30, "part-00001.mp4": 60, "part-00002.mp4": 60,
            "gop-00001.mp4": 60, "gop-00002.mp4": 60, "size-00001.mp4": None, "size-00002.mp4": None,
            "from-raw.mp4": 60, "slow.mp4": 30, "from-mp4.h264": 60, "pictures.y4m": 30}


def commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_command_of_the_page_records_what_it_says(run, start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in commands():
        program, *words = shlex.split(line.replace("/tmp/vsl-doc-bus", str(tmp_path / "bus")))
        assert program == "videostream"
        if words[-1] == "&":
            start(*words[:-1])
            wait_until((tmp_path / "bus").exists, "the socket")
        else:
            result = run(*words)
            assert result.returncode == 0, result.stderr
    for name, frames in RECORDED.items():
        assert complaints(tmp_path / name) == ""
        assert frames is None or Movie(tmp_path / name).frames == frames
