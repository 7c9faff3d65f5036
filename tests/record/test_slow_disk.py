# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""record into a pipe: a disk that is as slow as its reader wants."""
import fcntl
import json
import os
import signal
import threading

import pytest
from conftest import wait_until
from recordings import Movie, coded_host, complaints, encode

__all__ = ["coded_host", "encode"]  # fixtures
QUEUE = ["queued_frames", "queued_bytes", "queue_peak_bytes", "queue_dropped_frames"]
BUFFER = 40_000


class Pipe:
    """Reads a pipe when it is told to, and keeps what it read."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path, self.content = path, b""
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self.fd, fcntl.F_SETPIPE_SZ, 4096)
        self.reads = threading.Event()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        os.set_blocking(self.fd, True)
        while self.reads.wait():
            if self.ended.is_set():
                return
            some = os.read(self.fd, 4096)
            self.content += some
            if some == b"" and self.content != b"":
                return

    def to_file(self, path):
        self.thread.join(60)
        path.write_bytes(self.content)
        return path


@pytest.fixture
def pipe(tmp_path):
    made = Pipe(tmp_path / "pipe.h264")
    yield made
    made.ended.set()
    made.reads.set()


def newest(recording, field):
    records = recording.records()
    return records[-1][field] if records else 0


def test_a_slow_disk_costs_frames_up_to_a_key_frame_and_says_so(start, encode, coded_host,
                                                                socket_path, pipe, tmp_path):
    coded_host(*[encode("plain.h264", "-g", "25")] * 20)
    recording = start("record", pipe.path, "--ipc", socket_path, "--buffer", BUFFER, "--json",
                      "--metrics-interval", 1, "--timeout", 60)
    wait_until(lambda: newest(recording, "queue_dropped_frames") > 0, "frames that were left out")
    assert newest(recording, "queued_bytes") > BUFFER / 2
    pipe.reads.set()
    wait_until(lambda: "recording goes on" in recording.stderr, "the disk to catch up")
    assert recording.stop(signal.SIGTERM) == 0
    report = recording.records()[-1]
    assert [field for field in report if field in QUEUE] == QUEUE
    assert (report["queued_frames"], report["queued_bytes"]) == (0, 0)
    assert 0 < report["queue_peak_bytes"] <= BUFFER
    assert report["dropped_frames"] == report["queue_dropped_frames"] > 0
    assert "the disk is slower than the video" in recording.stderr
    seen = pipe.to_file(tmp_path / "out.h264")
    assert Movie(seen).frames == report["frames_processed"] > 0
    assert complaints(seen) == ""


def test_a_signal_waits_for_what_the_disk_has_not_taken(start, encode, coded_host, socket_path,
                                                        pipe, tmp_path):
    host = coded_host(encode("plain.h264", "-g", "25"))
    recording = start("record", pipe.path, "--ipc", socket_path, "--json", "--timeout", 60)
    wait_until(lambda: host.lines, "all frames")
    recording.process.send_signal(signal.SIGINT)
    wait_until(lambda: "frames wait for the disk" in recording.stderr, "the word of it")
    pipe.reads.set()
    assert recording.wait() == 0
    report = json.loads(recording.stdout)
    assert report["dropped_frames"] == 0
    seen = pipe.to_file(tmp_path / "out.h264")
    assert Movie(seen).frames == report["frames_processed"] > 30


def test_a_later_signal_does_not_wait(start, encode, coded_host, socket_path, pipe):
    host = coded_host(encode("plain.h264", "-g", "25"))
    recording = start("record", pipe.path, "--ipc", socket_path, "--timeout", 60)
    wait_until(lambda: host.lines, "all frames")
    recording.process.send_signal(signal.SIGINT)
    wait_until(lambda: "frames wait for the disk" in recording.stderr, "the word of it")
    # One within the first second is taken for the same wish: terminals and scripts may both send it.
    wait_until(lambda: recording.process.send_signal(signal.SIGINT) or
               recording.process.poll() is not None, "its end")
    assert recording.wait() == -signal.SIGINT


def test_frames_that_are_encoded_here_go_on_with_a_key_frame_soon(start, test_host, socket_path,
                                                                  pipe, tmp_path):
    test_host()
    recording = start("record", pipe.path, "--ipc", socket_path, "--buffer", BUFFER, "--json",
                      "-F", 120, "--metrics-interval", 1, "--timeout", 60)
    wait_until(lambda: newest(recording, "queue_dropped_frames") > 0, "frames that were left out")
    pipe.reads.set()
    wait_until(lambda: "recording goes on" in recording.stderr, "the disk to catch up")
    assert recording.stop() == 0
    report = recording.records()[-1]
    seen = pipe.to_file(tmp_path / "out.h264")
    assert Movie(seen).frames == report["frames_processed"]
    assert report["keyframes"] > 1
    assert complaints(seen) == ""


def test_a_test_pattern_waits_for_the_disk(start, pipe, tmp_path):
    recording = start("record", pipe.path, "--source", "test", "-r", "320x240", "-F", 240,
                      "--buffer", BUFFER, "-f", 240, "--json")
    wait_until(lambda: (pipe.path.exists()), "the pipe")
    pipe.reads.set()
    assert recording.wait() == 0
    report = json.loads(recording.stdout)
    assert (report["frames_processed"], report["queue_dropped_frames"]) == (240, 0)
    assert Movie(pipe.to_file(tmp_path / "out.h264")).frames == 240


def test_a_reader_that_goes_away_ends_it(start, encode, coded_host, socket_path, pipe):
    coded_host(*[encode("plain.h264", "-g", "25")] * 20)
    recording = start("record", pipe.path, "--ipc", socket_path, "--json", "--timeout", 60)
    wait_until(lambda: "recording frames" in recording.stderr, "the recording")
    os.close(os.dup(pipe.fd))
    pipe.ended.set()
    pipe.reads.set()
    pipe.thread.join(60)
    os.close(pipe.fd)
    assert recording.wait() == 1
    assert "Failed to write frame data" in recording.stderr
    assert "Broken pipe" in recording.stderr
