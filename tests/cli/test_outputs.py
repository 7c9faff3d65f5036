# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Names of files: what an extension asks for, '-', and pipes."""
import os
import signal
import subprocess
import threading

import pytest
from conftest import PATIENCE_S, wait_until

SMALL = ("--source", "test", "-r", "64x64", "-F", "100", "-f", "5")


@pytest.fixture(name="h264")
def fixture_h264(run, tmp_path):
    path = tmp_path / "source.h264"
    assert run("record", path, *SMALL).returncode == 0
    return path


@pytest.mark.parametrize("name", ["o.png", "o.mp4", "o.yuv", "o.MKV"])
def test_decode_refuses_a_name_that_asks_for_something_else(run, h264, tmp_path, name):
    result = run("decode", h264, tmp_path / name)
    assert result.returncode == 2
    assert "decode writes YUV4MPEG2 (.y4m)" in result.stderr
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["o.mkv", "o.avi", "o.png", "o.y4m"])
def test_record_refuses_a_name_that_asks_for_something_else(run, tmp_path, name):
    result = run("record", tmp_path / name, *SMALL)
    assert result.returncode == 2
    assert "record writes MP4 (.mp4, .m4v, .mov)" in result.stderr
    assert not (tmp_path / name).exists()


def test_convert_refuses_a_name_that_asks_for_something_else(run, h264, tmp_path):
    result = run("convert", h264, tmp_path / "o.mkv")
    assert result.returncode == 2
    assert "convert writes MP4" in result.stderr
    assert not (tmp_path / "o.mkv").exists()


def test_a_dash_is_stdout_to_record(binary, tmp_path):
    result = subprocess.run([binary, "record", "-", *SMALL], cwd=tmp_path, capture_output=True,
                            timeout=PATIENCE_S, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"\0\0\0\1")
    assert b"Play it" not in result.stdout
    assert os.listdir(tmp_path) == []


def test_a_recording_to_stdout_does_not_overwrite_what_a_file_holds(binary, tmp_path):
    older = tmp_path / "older.h264"
    older.write_bytes(b"older")
    with open(older, "ab") as out:
        result = subprocess.run([binary, "record", "-", *SMALL], stdout=out,
                                stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)
    assert result.returncode == 2
    assert b"holds something already" in result.stderr
    assert older.read_bytes() == b"older"


def test_a_dash_is_stdout_to_snapshot(test_host, binary, socket_path, tmp_path):
    test_host()
    command = [binary, "snapshot", str(socket_path), "-o", "-", "-t", str(PATIENCE_S)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=2 * PATIENCE_S,
                            check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"\x89PNG") and result.stdout.endswith(b"IEND\xaeB`\x82")
    assert b"stdout: frame " in result.stderr
    assert not (tmp_path / "-").exists()
    both = subprocess.run([*command, "--json"], capture_output=True, timeout=PATIENCE_S, check=False)
    assert both.returncode == 2 and b"--json" in both.stderr


def test_a_frame_log_that_would_become_a_file_called_dash_is_refused(run, socket_path):
    result = run("stream", socket_path, "--source", "test", "-f", 1, "--frame-log", "-")
    assert result.returncode == 2
    assert "/dev/stdout" in result.stderr


def feed(path, content):
    """Writes into a pipe, as another program would; its reader may leave."""

    def write():
        try:
            with open(path, "wb") as pipe:
                pipe.write(content)
        except BrokenPipeError:
            pass

    threading.Thread(target=write, daemon=True).start()


def test_a_named_pipe_with_a_raw_stream_is_decoded(run, h264, tmp_path):
    pipe = tmp_path / "pipe.h264"
    os.mkfifo(pipe)
    feed(pipe, h264.read_bytes())
    result = run("decode", pipe, tmp_path / "o.y4m")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "o.y4m").read_bytes().count(b"FRAME\n") == 5


def test_pictures_are_decoded_into_a_named_pipe(run, h264, tmp_path):
    pipe, seen = tmp_path / "pipe.y4m", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: seen.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert run("decode", h264, pipe).returncode == 0
    reader.join(PATIENCE_S)
    assert seen[0].count(b"FRAME\n") == 5


def test_a_named_pipe_with_a_movie_is_refused_instead_of_opened_twice(run, clip, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feed(pipe, clip.read_bytes())
    result = run("decode", "--codec", "h264", pipe, tmp_path / "o.y4m")
    assert result.returncode == 1
    assert "is not read from a pipe" in result.stderr


@pytest.mark.parametrize("command, awaited", [
    (("decode", "PIPE", "o.y4m"), "write"),
    (("record", "PIPE", "--source", "test", "--duration", "1"), "read")])
def test_who_waits_for_the_other_end_of_a_pipe_says_so_and_ends_when_asked(start, tmp_path, command,
                                                                           awaited):
    pipe = tmp_path / "pipe.h264"
    os.mkfifo(pipe)
    waiting = start(*(pipe if word == "PIPE" else tmp_path / word if "." in word else word
                      for word in command))
    wait_until(lambda: f"waiting for somebody to {awaited} it" in waiting.stderr, "the sentence")
    assert waiting.stop() == 0
    assert "Interrupted" not in waiting.stderr


@pytest.mark.parametrize("command, code, words", [
    (("decode", "PIPE", "o.y4m"), 2, "say --codec h264"),
    (("convert", "PIPE", "o.mp4"), 2, "reads its input twice"),
    (("convert", "--codec", "h264", "PIPE", "o.mp4"), 2, "reads its input twice"),
    (("stream", "/tmp/videostream-none", "--source", "PIPE"), 1, "is no file"),
    (("record", "o.mp4", "--source", "PIPE"), 1, "is no file"),
    (("record", "o.mp4", "--source", "-"), 1, "standard input is no file")])
def test_a_pipe_that_cannot_be_read_is_refused_before_anybody_writes(binary, tmp_path, command, code,
                                                                    words):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = subprocess.run([binary, *(str(pipe) if word == "PIPE" else word for word in command)],
                            cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S,
                            check=False)
    assert result.returncode == code, result.stderr
    assert words in result.stderr
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_snapshot_that_a_signal_ended_is_none(start, tmp_path):
    output = tmp_path / "x.png"
    waiting = start("snapshot", f"@videostream-nobody-{os.getpid()}", "-o", output, "-t", PATIENCE_S,
                    "-v")
    while not waiting.errors:  # it has said something: signals are looked at
        assert waiting.process.poll() is None
    assert waiting.stop(signal.SIGINT) == 1
    assert f"stopped by a signal: {output} was not written" in waiting.stderr
