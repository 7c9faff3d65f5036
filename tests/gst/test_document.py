# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The pipelines of docs/gstreamer.md, as they are written there."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

from pipelines import PATIENCE_S, environment, launcher, wait_until

TEXT = (pathlib.Path(os.environ["VIDEOSTREAM_ROOT"]) / "docs" / "gstreamer.md").read_text()
GROUPS = [block.strip().splitlines()
          for block in re.findall(r"^```pipelines\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)]


@pytest.fixture
def launch():
    yield from launcher()


def on_this_machine(pipeline, folder):
    """The same without what a machine may not have: a camera, a screen."""
    pipeline = pipeline.replace("/tmp/", f"{folder}/").replace("out.mp4", f"{folder}/out.mp4")
    pipeline = pipeline.replace("v4l2src", "videotestsrc is-live=true")
    return pipeline.replace("autovideosink", "fakesink silent=false")


def test_the_document_has_pipelines():
    assert len(GROUPS) >= 4


@pytest.mark.parametrize("group", GROUPS, ids=[group[0].split("path=")[1].split()[0] for group in GROUPS])
def test_the_pipelines_of_the_document_run(launch, tmp_path, group):
    host, *readers = [on_this_machine(line, tmp_path) for line in group]
    path = pathlib.Path(re.search(r"path=(\S+)", host).group(1))
    sink = launch(host)
    wait_until(lambda: path.exists() or sink.process.poll() is not None, "the socket")
    running = [launch(reader, "-v", "-e") for reader in readers]
    for text, reader in zip(readers, running):
        if "fakesink" in text:
            reader.wait_for("last-message = chain")
        else:
            wait_until(lambda: (tmp_path / "out.mp4").exists(), "a film")
    for reader in running:
        assert reader.stop(signal.SIGINT) == 0, reader.stdout + reader.stderr
    sink.stop(signal.SIGINT)


def test_inspecting_tells_what_each_property_is_for():
    for element in ("vslsink", "vslsrc"):
        shown = subprocess.run(["gst-inspect-1.0", element], capture_output=True, text=True,
                               check=True, timeout=PATIENCE_S, env=environment()).stdout
        for name in ("path", "stats"):
            assert re.search(rf"^  {name} +: \S.{{10,}}", shown, re.MULTILINE), shown
