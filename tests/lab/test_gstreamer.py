# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""vslsink and vslsrc with a camera's own dma-bufs."""
import json
import os
import pathlib
import subprocess

import pytest

from conftest import descriptors_of
from pipelines import environment, launcher, wait_until

launch = pytest.fixture(launcher)


@pytest.fixture
def camera_host(launch, run, socket_path):
    """vslsink behind v4l2src, whose frames are the driver's memory."""
    device = json.loads(run("info", "--camera", "--json").stdout)["camera"]["device"]
    # Were they copied, then into memfds: the two can be told apart from outside.
    host = launch(f"v4l2src device={device} io-mode=dmabuf ! "
                  "video/x-raw,format=YUY2,width=640,height=360,framerate=30/1 ! "
                  f"vslsink path={socket_path} memory=memfd")
    wait_until(lambda: socket_path.exists() or host.process.poll() is not None, "the socket")
    return host


def test_a_cameras_frames_go_through_vslsink_without_a_copy(camera_host, run, socket_path):
    result = run("receive", socket_path, "-f", 60, "--json")
    assert result.returncode == 0, result.stderr + camera_host.stderr
    record = json.loads(result.stdout)
    assert record["frames_processed"] == 60 and record["copies"] == 0
    assert record["fds_received"] < 32, "each buffer is passed once, not with every frame"
    links = [name for _, name in descriptors_of(camera_host.process.pid)]
    assert any("dmabuf" in link for link in links)
    assert not any("vsl-buffer" in link for link in links), "a copy needs memory of our own"


def test_vslsrc_hands_on_a_cameras_dma_bufs(camera_host, launch, socket_path):
    reader = launch(f"vslsrc path={socket_path} num-buffers=10 ! video/x-raw(memory:DMABuf) ! "
                    "fakesink silent=false", "-v")
    assert reader.wait() == 0, reader.stderr + camera_host.stderr
    assert reader.has("memory:DMABuf")
    assert reader.has("last-message = chain")


def test_dma_bufs_of_heaps_and_of_cameras_are_published_without_a_copy():
    program = pathlib.Path(os.environ["VIDEOSTREAM_BUILD"]) / "tests" / "gst" / "test_tests_gst"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    result = subprocess.run([program, "--gtest_filter=*DmaBufTest*:*CameraTest*"], text=True,
                            capture_output=True, env=environment(), check=False)
    assert result.returncode == 0 and "SKIPPED" not in result.stdout, result.stdout + result.stderr
    assert "PASSED  ] 4 tests" in result.stdout, result.stdout
