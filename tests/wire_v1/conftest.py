# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""One side is the library in a child process, the other a socket held by the test."""
import os
import time

import pytest

from library import Child
from raw_v1 import PATIENCE_S, RawClient, RawHost


@pytest.fixture
def wait_until():
    """Asks until `condition()` is true."""

    def wait(condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.002)

    return wait


@pytest.fixture
def socket_path(tmp_path):
    return tmp_path / "bus"


@pytest.fixture
def start(socket_path):
    """Starts the library in a child, as "host" or "client"; none of them may crash."""
    if not os.environ.get("VIDEOSTREAM_LIB"):
        pytest.skip("VIDEOSTREAM_LIB does not name libvideostream.so")
    children = []

    def start_child(role, **options):
        children.append(Child(role, socket_path, **options))
        return children[-1]

    yield start_child
    sound = [child.close() for child in children]
    assert all(sound), "the library crashed"


@pytest.fixture
def host(start):
    return start("host")


@pytest.fixture
def connect(host, socket_path):
    """Connects v1 clients that the host has accepted when this returns."""
    clients = []

    def connect_client():
        before = host.clients()
        clients.append(RawClient(socket_path))
        while host.clients() == before:
            host.process()
        return clients[-1]

    yield connect_client
    for client in clients:
        client.close()


@pytest.fixture
def raw_host(socket_path):
    raw = RawHost(socket_path)
    yield raw
    raw.close()
