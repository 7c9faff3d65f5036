# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The camera example captures from a real driver."""

import glob
import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ["VIDEOSTREAM_BUILD"])


def find_camera():
    """The node that captures of the first vivid."""
    for name in sorted(glob.glob("/sys/class/video4linux/video*/name")):
        if pathlib.Path(name).read_text().startswith("vivid-000-vid-cap"):
            return "/dev/" + pathlib.Path(name).parent.name
    raise AssertionError("no vivid camera: this test runs in the lab")


def test_captures_a_hundred_pictures():
    done = subprocess.run([BUILD / "examples" / "example_camera", find_camera()], text=True,
                          timeout=120, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    head, *pictures = done.stdout.splitlines()
    assert head.startswith("1280x720 YUYV in ")
    assert len(pictures) == 100
    # vivid numbers by the clock: on a busy machine it gives a number twice, and its time with it.
    numbers = [int(line.split()[1]) for line in pictures]
    assert numbers == sorted(numbers)
    times = [float(line.split()[3].rstrip(",")) for line in pictures]
    assert times == sorted(times)
