# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Whatever a command leaves out of a file it says, once, and lists in --json."""
import json
import subprocess

import pytest
from conftest import PATIENCE_S


def make(path, *arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                    "testsrc2=size=128x96:rate=25:duration=1", *map(str, arguments), str(path)],
                   check=True, timeout=PATIENCE_S)
    return path


@pytest.fixture(name="movie", scope="module")
def fixture_movie(tmp_path_factory):
    """With sound, and colours for each pixel."""
    return make(tmp_path_factory.mktemp("losses") / "movie.mp4", "-f", "lavfi", "-i",
                "sine=duration=1", "-pix_fmt", "yuv444p", "-c:v", "libx264", "-c:a", "aac")


@pytest.fixture(name="plain", scope="module")
def fixture_plain(tmp_path_factory):
    return make(tmp_path_factory.mktemp("losses") / "plain.mp4", "-pix_fmt", "yuv420p", "-c:v",
                "libx264")


SOUND = "its sound (1 track) is left out"
COLOURS = "its colours are sampled 4:4:4, and frames in NV12 have 4:2:0"


@pytest.mark.parametrize("command, losses", [
    (("decode", "FILE", "o.y4m"), [SOUND]),
    (("convert", "FILE", "o.h264"), [SOUND]),
    (("record", "o.mp4", "--source", "FILE"), [SOUND, COLOURS])])
def test_a_file_that_is_written_says_what_it_lacks(run, movie, plain, tmp_path, command, losses):
    def said_of(source):
        words = [source if word == "FILE" else word for word in command]
        output = next(word for word in command if str(word).startswith("o."))
        words[words.index(output)] = tmp_path / output
        result = run(*words, "--json")
        assert result.returncode == 0, result.stderr
        return result.stderr, json.loads(result.stdout).get("lost", [])

    text, lost = said_of(movie)
    assert len(lost) == len(losses)
    for sentence, start in zip(lost, losses):
        assert sentence.startswith(start) and text.count(sentence) == 1
    text, lost = said_of(plain)
    assert lost == [] and "WARN" not in text


def test_a_stream_of_a_file_says_what_its_frames_lack(run, movie, socket_path):
    result = run("stream", socket_path, "--source", movie)
    assert result.returncode == 0
    assert result.stderr.count(SOUND) == result.stderr.count(COLOURS) == 1
    encoded = run("stream", socket_path, "--source", movie, "--encode")
    assert encoded.stderr.count(SOUND) == 1
    finer = run("stream", socket_path, "--source", movie, "--format", "YU24", "-f", 1)
    assert "its colours" not in finer.stderr


def test_pictures_at_no_single_rate_are_told_by_decode(run, tmp_path, plain):
    jumpy = make(tmp_path / "jumpy.mp4", "-vf", "select='not(mod(n,5))+lt(n,10)'", "-fps_mode", "vfr",
                 "-pix_fmt", "yuv420p", "-c:v", "libx264")
    result = run("decode", jumpy, tmp_path / "o.y4m", "--json")
    assert result.returncode == 0
    [loss] = json.loads(result.stdout)["lost"]
    assert "no single rate" in loss and result.stderr.count(loss) == 1
    chosen = run("decode", jumpy, tmp_path / "o.y4m", "--fps", 25, "--json")
    assert "lost" not in json.loads(chosen.stdout)
    assert "lost" not in json.loads(run("decode", plain, tmp_path / "o.y4m", "--json").stdout)
