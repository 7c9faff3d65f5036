# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Real `videostream` processes for the tests of the command line."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import pytest

# Only so that a hang ends the test; no test passes by being fast.
PATIENCE_S = 60


def wait_until(condition, what):
    """Asks until `condition()` is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)


def descriptors_of(pid):
    """What a living process has open: pairs of the path in /proc and what it names. What it closes
    meanwhile is left out."""
    folder = f"/proc/{pid}/fd"
    for number in os.listdir(folder):
        path = f"{folder}/{number}"
        try:
            yield path, os.readlink(path)
        except FileNotFoundError:
            pass


class Running:
    """A process in the background whose stdout is read line by line as it comes."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines, self.errors = [], []
        self.readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(pipe, into):
        for line in pipe:
            into.append(line)

    def records(self):
        """The JSON objects it has printed so far, one a line."""
        return [json.loads(line) for line in list(self.lines)]

    def wait(self):
        code = self.process.wait(PATIENCE_S)
        for reader in self.readers:
            reader.join(PATIENCE_S)
        return code

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.wait()

    @property
    def stdout(self):
        return "".join(self.lines)

    @property
    def stderr(self):
        return "".join(self.errors)


@pytest.fixture
def binary():
    path = os.environ.get("VIDEOSTREAM_BIN") or shutil.which("videostream")
    if not path:
        pytest.skip("VIDEOSTREAM_BIN does not name the videostream program")
    return path


@pytest.fixture
def run(binary):
    """Runs the tool to its end."""

    def run_tool(*arguments):
        return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)

    return run_tool


@pytest.fixture
def start(binary):
    """Starts the tool; whatever still runs at the end of the test is asked to end."""
    started = []

    def start_tool(*arguments, program=binary):
        started.append(Running([program, *map(str, arguments)]))
        return started[-1]

    yield start_tool
    for running in started:
        if running.process.poll() is None:
            running.process.terminate()
        try:
            running.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()


@pytest.fixture
def run_as_nobody(binary):
    """Runs the tool to its end as the user nobody. It runs a copy, for what it is a copy of may lie
    where no other user gets to: in root's home."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = tempfile.mkdtemp(prefix="videostream-nobody.")
    os.chmod(folder, 0o755)
    for file in (binary, os.environ["VIDEOSTREAM_LIB"]):
        shutil.copy(file, folder)
    library = os.path.join(folder, os.path.basename(os.environ["VIDEOSTREAM_LIB"]))
    os.rename(library, os.path.join(folder, "libvideostream.so.2"))

    def run_tool(*arguments):
        return subprocess.run([os.path.join(folder, os.path.basename(binary)),
                               *map(str, arguments)], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False, user=65534, group=65534,
                              extra_groups=[], cwd="/",
                              env={**os.environ, "LD_LIBRARY_PATH": folder})

    yield run_tool
    shutil.rmtree(folder)


@pytest.fixture
def socket_path(tmp_path):
    return tmp_path / "bus"


@pytest.fixture
def test_host(start, socket_path):
    """A host with the test pattern, small and fast."""

    def start_host(*more):
        host = start("stream", socket_path, "--source", "test", "-r", "320x240", "-F", "120",
                     *more)
        wait_until(lambda: socket_path.exists() or host.process.poll() is not None, "the socket")
        return host

    return start_host


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Two seconds of H.264 with B-frames, 320x240 at 25 fps."""
    if not shutil.which("ffmpeg"):
        pytest.skip("the ffmpeg program is not installed")
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i",
                    "testsrc2=size=320x240:rate=25:duration=2", "-c:v", "libx264", "-bf", "2",
                    "-pix_fmt", "yuv420p", str(path)], check=True, timeout=PATIENCE_S)
    return path
