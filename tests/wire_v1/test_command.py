# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""`videostream stream` and `videostream receive` with only version 1 between them: a relay passes
packets and descriptors on, and answers HELLO as release 2.5 does."""
import json
import os
import select
import subprocess
import threading
import time

import pytest

from raw_v1 import CONTROL, PATIENCE_S, UNKNOWN, RawClient, RawHost, receive, send

FRAMES = 60


@pytest.fixture
def binary():
    path = os.environ.get("VIDEOSTREAM_BIN")
    if not path:
        pytest.skip("VIDEOSTREAM_BIN does not name the videostream program")
    return path


class Relay(threading.Thread):
    """One v1 client of the host at `source`, one v1 host at `target`."""

    def __init__(self, source, target, answer_delay_s=0):
        super().__init__(daemon=True)
        self.source, self.target, self.delay_s = RawClient(source), RawHost(target), answer_delay_s
        self.requests, self.frames = [], 0

    def run(self):
        self.target.accept()
        self.target.send(UNKNOWN)
        host, client = self.source.socket, self.target.connection
        try:
            while True:
                for ready in select.select([host, client], [], [])[0]:
                    data, fds = receive(ready)
                    if not data:
                        return
                    if ready is client:
                        self.requests.append(CONTROL.unpack(data)[0])
                        time.sleep(self.delay_s)  # a slow host, not a wait for anything
                    send(client if ready is host else host, data, fds)
                    self.frames += len(fds)
                    for fd in fds:
                        os.close(fd)
        except OSError:
            pass  # one side has ended
        finally:
            self.target.close()
            self.source.close()


@pytest.mark.parametrize("answer_delay_s", [0, 0.12])
def test_frames_pass_whole_from_our_host_to_our_client_over_v1(binary, tmp_path, wait_until,
                                                               answer_delay_s):
    source, target = tmp_path / "source", tmp_path / "target"
    frames = FRAMES if not answer_delay_s else 5
    with subprocess.Popen([binary, "stream", source, "--source", "test", "-r", "320x240", "-F",
                           "5" if answer_delay_s else "60"]) as host:
        try:
            wait_until(source.exists, "the socket")
            relay = Relay(source, target, answer_delay_s)
            relay.start()
            done = subprocess.run(
                [binary, "--json", "receive", target, "-f", str(frames), "-t", str(PATIENCE_S),
                 "--policy", "newest", "--verify", "--metrics"], capture_output=True, text=True, timeout=4 * PATIENCE_S,
                check=False)
            assert done.returncode == 0, done.stderr
            record = json.loads(done.stdout)
            assert record["wire_version"] == 1
            assert relay.requests.count(0) >= frames  # each frame was locked at the host
        finally:
            host.terminate()
