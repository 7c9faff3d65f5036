# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The examples work, alone and with each other: what users copy is what we run."""

import os
import pathlib
import re
import subprocess

import pytest

BUILD = pathlib.Path(os.environ["VIDEOSTREAM_LIB"]).parent.parent
DEADLINE_S = 120  # only for a run that hangs


def program(name):
    return str(BUILD / "examples" / f"example_{name}")


@pytest.fixture
def socket_path(tmp_path):
    path = tmp_path / "frames"
    assert len(str(path)) < 108
    return str(path)


def start(name, path):
    """A producer that listens: its socket is there once the consumer may come."""
    process = subprocess.Popen([program(name), path], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    while not os.path.exists(path):
        assert process.poll() is None, process.stderr.read()
    return process


def receive(name, path, frames):
    # The file is there a moment before somebody listens at it.
    while True:
        done = subprocess.run([program(name), path, str(frames)], text=True, timeout=DEADLINE_S,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if "refused" not in done.stderr.lower():
            return done


@pytest.mark.parametrize("producer", ["host", "publisher"])
@pytest.mark.parametrize("consumer", ["client", "subscriber"])
def test_consumer_receives_what_a_producer_publishes(producer, consumer, socket_path):
    running = start(producer, socket_path)
    try:
        done = receive(consumer, socket_path, 5)
    finally:
        running.terminate()
        running.wait(DEADLINE_S)
    assert done.returncode == 0, done.stderr
    serials = [int(found) for found in re.findall(r"^frame (\d+): \d+x\d+ NV12", done.stdout, re.M)]
    assert len(serials) == 5
    assert serials == sorted(set(serials))


def test_host_leaves_no_socket_behind(socket_path):
    subprocess.run([program("host"), socket_path, "2"], check=True, timeout=DEADLINE_S)
    assert not os.path.exists(socket_path)


def test_client_says_that_nobody_listens(socket_path):
    done = subprocess.run([program("client"), socket_path], text=True, timeout=DEADLINE_S,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert socket_path in done.stderr
