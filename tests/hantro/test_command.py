# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What the command says of the Hantro backend: with the wrapper, without it, and with half of it."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(os.environ.get("VIDEOSTREAM_ROOT", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("VIDEOSTREAM_BUILD", ROOT / "build/release"))
BIN = os.environ.get("VIDEOSTREAM_BIN", str(BUILD / "apps/videostream/videostream"))
WRAPPERS = BUILD / "tests/hantro"
NODES = {"VSL_HANTRO_ENCODER_DEV": "/dev/null", "VSL_HANTRO_DECODER_DEV": "/dev/null"}

pytestmark = pytest.mark.skipif(not (WRAPPERS / "whole").is_dir(),
                                reason="no stand-in for the wrapper: built without FFmpeg")


def run(*arguments, wrapper=None, **environment):
    environment = {**os.environ, **environment}
    if wrapper is not None:
        environment["LD_LIBRARY_PATH"] = str(WRAPPERS / wrapper)
    return subprocess.run([BIN, *map(str, arguments)], text=True, capture_output=True,
                          env=environment, check=False)


def info(**environment):
    done = run("info", "--json", "--encoder", "--decoder", **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def backends(report, section):
    return [line for line in report[section]["backends"] if "hantro" in line]


def test_a_board_is_shown_with_its_wrapper():
    report = info(wrapper="whole", **NODES)
    for section in ("encoder", "decoder"):
        assert len(backends(report, section)) == 2, report  # H.264 and HEVC
        assert report[section]["backends"][0].find("hantro") >= 0  # preferred to software


@pytest.mark.parametrize("wrapper", [None, "empty"])
def test_a_board_without_the_wrapper_or_with_half_of_it_goes_on_in_software(tmp_path, wrapper):
    report = info(wrapper=wrapper, **NODES)
    for section in ("encoder", "decoder"):
        assert not backends(report, section)
        assert report[section]["available"]
    refused = run("stream", tmp_path / "bus", "--source", "test", "--frames", 1, "--encode",
                  wrapper=wrapper, VSL_CODEC_BACKEND="hantro", **NODES)
    assert refused.returncode != 0
    assert "libfslvpuwrap.so.3" in refused.stderr
    assert ("VPU_" in refused.stderr) == (wrapper == "empty")


def test_a_machine_without_the_nodes_does_not_even_look_for_the_wrapper():
    assert not backends(info(wrapper="whole"), "decoder")


def test_what_it_records_it_decodes_to_the_same_pictures_as_software(tmp_path):
    coded = tmp_path / "clip.h264"
    board = {"wrapper": "whole", "VSL_CODEC_BACKEND": "hantro", **NODES}
    done = run("record", coded, "--source", "test", "--frames", 30, "-r", "320x240", **board)
    assert done.returncode == 0, done.stderr
    for name, environment in (("board.y4m", board), ("software.y4m", {})):
        done = run("decode", coded, tmp_path / name, "--json", **environment)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["frames"] == 30
    same = (tmp_path / "board.y4m").read_bytes() == (tmp_path / "software.y4m").read_bytes()
    assert same
