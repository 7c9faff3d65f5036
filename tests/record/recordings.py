# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Streams to record, producers of coded frames, and what others say of a recording."""
import json
import os
import pathlib
import subprocess

import pytest
from conftest import PATIENCE_S


def ffmpeg(*arguments):
    return subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *map(str, arguments)],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def complaints(path):
    """What FFmpeg has to say against a file when it decodes all of it."""
    result = ffmpeg("-i", path, "-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "rawvideo", "-y", "/dev/null")
    return result.stderr + ("" if result.returncode == 0 else f"exit code {result.returncode}")


def picture_sums(path):
    """The checksum of every decoded picture, in display order."""
    result = subprocess.run(["ffmpeg", "-v", "quiet", "-i", str(path), "-fps_mode", "passthrough",
                             "-f", "framemd5", "-"], capture_output=True, text=True, check=True)
    return [line.rsplit(",", 1)[1] for line in result.stdout.splitlines() if line[0] != "#"]


def probe(path, *entries):
    result = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries",
         *entries, "-of", "json", str(path)], capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


class Movie:
    """A file as ffprobe sees it."""

    def __init__(self, path):
        stream = probe(path, "stream=codec_name,width,height,nb_read_frames,avg_frame_rate"
                             ":format=duration")
        self.codec = stream["streams"][0]["codec_name"]
        self.size = (stream["streams"][0]["width"], stream["streams"][0]["height"])
        self.frames = int(stream["streams"][0]["nb_read_frames"])
        self.rate = stream["streams"][0]["avg_frame_rate"]
        self.duration_s = float(stream["format"].get("duration", "nan"))
        packets = probe(path, "packet=pts_time,dts_time,flags")["packets"]
        self.decoded_s = [float(packet["dts_time"]) for packet in packets if "dts_time" in packet]
        self.shown_s = [float(packet["pts_time"]) for packet in packets if "pts_time" in packet]
        self.starts_at_key = packets[0]["flags"].startswith("K")

    def is_in_order(self):
        return all(a < b for a, b in zip(self.decoded_s, self.decoded_s[1:]))


@pytest.fixture(scope="session")
def encode(tmp_path_factory):
    """Makes a raw stream with FFmpeg's encoders."""
    folder = tmp_path_factory.mktemp("streams")

    def make(name, *options, rate="25", seconds="2", size="320x240"):
        path = folder / name
        codec = "libx265" if name.endswith("5") else "libx264"
        quiet = ("-x265-params", "log-level=error") if name.endswith("5") else ()
        if not path.exists():
            result = ffmpeg("-y", "-f", "lavfi", "-i",
                            f"testsrc2=size={size}:rate={rate}:duration={seconds}", "-pix_fmt",
                            "yuv420p", "-c:v", codec, *quiet, "-preset", "ultrafast", *options,
                            path)
            assert result.returncode == 0, result.stderr
        return path

    return make


@pytest.fixture
def coded_host(start, socket_path):
    """Starts a producer of the coded frames of files."""
    program = pathlib.Path(os.environ["VIDEOSTREAM_BUILD"]) / "tests" / "record" / "coded_host"

    def start_host(*files, fps=200):
        return start(socket_path, fps, *files, program=str(program))

    return start_host
