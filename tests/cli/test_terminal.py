# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The command on terminals of several sizes, and on pipes whose reader leaves."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

import pytest
from conftest import PATIENCE_S, wait_until

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
HOME = re.compile(rb"\x1b\[H")
OWN_LINES = re.compile(rb"[\r\n]+")


class Terminal:
    """A command on a terminal of a size."""

    def __init__(self, command, columns, rows=24):
        self.main, side = pty.openpty()
        self.seen = b""
        self.resize(columns, rows)
        self.process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side,
                                        start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(side, termios.TIOCSCTTY, 0))
        os.close(side)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                block = os.read(self.main, 65536)
            except OSError:  # the other side is closed
                return
            if not block:
                return
            self.seen += block

    def resize(self, columns, rows=24):
        fcntl.ioctl(self.main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def lines(self, since=0):
        """What was written, line by line, without what steers the terminal."""
        text = ESCAPES.sub(b"", HOME.sub(b"\n", self.seen[since:]))
        return [line.decode() for line in OWN_LINES.split(text)]

    def widest(self, since=0):
        return max(len(line) for line in self.lines(since))

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        return code


@pytest.fixture
def on_terminal(binary):
    """Starts the tool on a terminal of so many columns."""
    started = []

    def start(columns, *arguments, rows=24):
        started.append(Terminal([binary, *map(str, arguments)], columns, rows))
        return started[-1]

    yield start
    for terminal in started:
        terminal.end(signal.SIGKILL)
        os.close(terminal.main)


@pytest.fixture
def watched(test_host, start, socket_path):
    """A host with two readers, one of which has a long name."""
    host = test_host()
    for name in ("preview", "a-reader-with-a-name-of-many-letters-indeed"):
        start("receive", socket_path, "-f", 0, "-q", "--name", name[:31])
    return host


@pytest.mark.parametrize("columns", [60, 80, 155])
def test_top_fits_the_terminal(watched, on_terminal, socket_path, columns):
    top = on_terminal(columns, "top", socket_path, "--interval", "0.2")
    wait_until(lambda: b"preview" in top.seen and top.seen.count(b"\x1b[H") > 3, "the table")
    assert top.end() == 0
    assert top.widest() <= columns
    text = "\n".join(top.lines())
    for header in ("PID", "COMMAND:NAME", "FPS", "HELD"):
        assert header in text


def test_top_follows_the_terminals_size(watched, on_terminal, socket_path):
    # The interval is longer than the test: what is drawn anew was the size's doing.
    top = on_terminal(155, "top", socket_path, "--interval", "3000")
    wait_until(lambda: b"q: quit" in top.seen, "the table")
    before = len(top.seen)
    top.resize(60)
    wait_until(lambda: b"q: quit" in top.seen[before:], "the table in another size")
    assert top.widest(before) <= 60


def test_top_says_how_many_clients_are_below(test_host, start, on_terminal, socket_path, run):
    test_host()
    for _ in range(6):
        start("receive", socket_path, "-f", 0, "-q")
    wait_until(lambda: len(json.loads(run("top", socket_path, "--json").stdout)["clients"]) == 6,
               "the readers")
    top = on_terminal(80, "top", socket_path, "--interval", "0.2", rows=12)
    wait_until(lambda: re.search("… [1-5] more".encode(), top.seen), "the count")
    assert top.end() == 0
    more = int(re.search("… ([1-5]) more".encode(), top.seen)[1])
    screen = top.seen.split(b"\x1b[H")[-1]
    assert screen.count(b":receive") + more == 6


def test_top_ends_in_0_when_the_host_ends_well_and_in_5_when_it_was_killed(
        test_host, on_terminal, socket_path):
    for how, code, word in ((signal.SIGTERM, 0, b"host ended"), (signal.SIGKILL, 5, b"killed")):
        host = test_host()
        top = on_terminal(80, "top", socket_path, "--interval", "0.1")
        wait_until(lambda: b"q: quit" in top.seen, "the table")
        host.stop(how)
        assert top.process.wait(PATIENCE_S) == code
        top.reader.join(PATIENCE_S)
        assert word in top.seen
        assert b"No such process" not in top.seen


def test_columns_of_the_environment_bind_where_there_is_no_terminal(watched, binary, socket_path):
    result = subprocess.run([binary, "top", str(socket_path), "--once"], capture_output=True,
                            text=True, timeout=PATIENCE_S, check=True,
                            env={**os.environ, "COLUMNS": "60"})
    assert max(map(len, result.stdout.splitlines())) <= 60


def test_running_hosts_are_listed(test_host, on_terminal, run, socket_path):
    host = test_host()
    wait_until(lambda: "320x240" in run("list").stdout, "a host that has shown a frame")
    listed = {one["path"]: one for one in json.loads(run("list", "--json").stdout)["hosts"]}
    found = listed[str(socket_path)]
    assert (found["pid"], found["width_px"], found["format"]) == (host.process.pid, 320, "NV12")
    terminal = on_terminal(60, "list")
    assert terminal.process.wait(PATIENCE_S) == 0
    terminal.reader.join(PATIENCE_S)
    assert terminal.widest() <= 60 and "SOCKET" in "\n".join(terminal.lines())
    host.stop()
    assert str(socket_path) not in run("list").stdout


def test_receive_says_on_a_terminal_that_it_waits(on_terminal, socket_path):
    terminal = on_terminal(60, "receive", socket_path)
    wait_until(lambda: b"waiting for a host" in terminal.seen, "the sentence")
    assert terminal.end() == 0
    assert max(len(line) for line in terminal.lines() if line.startswith("waiting")) <= 60


@pytest.mark.parametrize("columns", [60, 80])
def test_a_status_line_tells_time_total_and_clients(test_host, on_terminal, start, socket_path,
                                                    columns):
    stream = on_terminal(columns, "stream", socket_path, "--source", "test", "-r", "64x64")
    wait_until(socket_path.exists, "the socket")
    start("receive", socket_path, "-f", 0, "-q")
    wait_until(lambda: b"1 client" in stream.seen, "the client in the status line")
    assert stream.end() == 0
    status = [line for line in stream.lines() if "1 client" in line]
    assert re.match(r"\d\d:\d\d  \d+ frames  [\d.]+ fps  1 client", status[0])
    assert max(map(len, status)) < columns


@pytest.mark.parametrize("columns", [60, 80])
def test_a_decode_that_takes_long_tells_how_far_it_is(on_terminal, clip, run, tmp_path, columns):
    stream, pipe = tmp_path / "clip.h264", tmp_path / "pipe.h264"
    assert run("convert", clip, stream).returncode == 0
    os.mkfifo(pipe)
    decode = on_terminal(columns, "decode", pipe, tmp_path / "out.y4m")
    with pipe.open("wb", buffering=0) as feed:
        def feed_until_told():
            if b" pictures  " not in decode.seen:
                feed.write(stream.read_bytes())
            return b" pictures  " in decode.seen
        wait_until(feed_until_told, "the status line")
    assert decode.process.wait(PATIENCE_S) == 0
    status = [line for line in decode.lines() if " pictures  " in line]
    assert re.match(r"\d\d:\d\d  \d+ pictures  [\d.]+ [kM]?B$", status[0])
    assert max(map(len, status)) < columns


@pytest.mark.parametrize("columns", [60, 80, 155])
def test_the_demo_does_not_smear(on_terminal, clip, tmp_path, columns):
    demo = on_terminal(columns, "demo", clip, "--seconds", 2, "--snapshot", tmp_path / "d.png")
    assert demo.process.wait(PATIENCE_S) == 0
    demo.reader.join(PATIENCE_S)
    table = [line for line in demo.lines() if str(tmp_path) not in line and str(clip) not in line]
    assert max(map(len, table)) <= columns
    assert any("whole" in line and "copies" in line for line in table)
    # As many lines up as the table has: its header and four processes.
    assert set(re.findall(rb"\x1b\[(\d+)A", demo.seen)) == {b"5"}


@pytest.mark.parametrize("what", ["--json", "-q"])
def test_a_run_ends_quietly_when_nobody_reads_its_records_any_more(binary, socket_path, what):
    pipeline = f'"{binary}" stream "{socket_path}" --source test -r 64x64 {what} ' \
               '--metrics-interval 1 | head -1; exit ${PIPESTATUS[0]}'
    result = subprocess.run(["bash", "-c", pipeline], capture_output=True, text=True,
                            timeout=PATIENCE_S, check=False)
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == 1
    assert "write results" not in result.stderr


def test_a_second_signal_within_a_moment_cuts_nothing_short(start, tmp_path):
    movie = tmp_path / "movie.mp4"
    record = start("record", "--source", "test", "-r", "320x240", movie, "--json",
                   "--metrics-interval", 1)
    wait_until(record.records, "a second of it")
    record.process.send_signal(signal.SIGTERM)
    record.process.send_signal(signal.SIGINT)
    record.process.send_signal(signal.SIGTERM)
    assert record.wait() == 0, record.stderr


def test_bench_under_a_memory_limit_ends_with_a_sentence(binary):
    def loads(limit_kb):
        return subprocess.run(["sh", "-c", f'ulimit -v {limit_kb}; exec "$0" --version', binary],
                              capture_output=True, timeout=PATIENCE_S, check=False).returncode == 0

    least_kb = next(limit for limit in range(50_000, 4_000_000, 25_000) if loads(limit))
    for limit_kb in (least_kb, least_kb + 20_000, least_kb + 50_000, least_kb + 200_000):
        result = subprocess.run(
            ["sh", "-c", f'ulimit -v {limit_kb}; exec "$@"', "sh", binary, "bench", "--clients",
             "2", "--runs", "1", "--seconds", "0.2", "--no-syscalls", "--touch"],
            capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert result.returncode in (0, 1, 5), (limit_kb, result)
        assert result.returncode == 0 or result.stderr.strip(), limit_kb
