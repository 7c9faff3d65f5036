# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""gst-launch-1.0 with our elements, in processes of their own."""
import os
import pathlib
import shutil

import pytest

from conftest import PATIENCE_S, Running, wait_until

__all__ = ["PATIENCE_S", "Running", "environment", "launcher", "wait_until"]


def environment():
    """Our plugin from the build tree; what there is beside it is looked for once a build."""
    if "VIDEOSTREAM_GST" not in os.environ:
        pytest.skip("the GStreamer elements are not built here, or built with a sanitizer")
    if not shutil.which("gst-launch-1.0"):
        pytest.skip("gst-launch-1.0 is not installed")
    registry = pathlib.Path(os.environ["VIDEOSTREAM_BUILD"]) / "gstreamer-registry.bin"
    return {**os.environ, "GST_PLUGIN_PATH": os.environ["VIDEOSTREAM_GST"],
            "GST_REGISTRY": str(registry), "GST_DEBUG_NO_COLOR": "1"}


def patient(text):
    """A machine that stops for a second is no silent host."""
    waits = PATIENCE_S * 1000
    text = text.replace("vslsrc ", f"vslsrc timeout=0 connect-timeout={waits} ")
    return text.replace("uridecodebin ", f"uridecodebin source::timeout=0 "
                                         f"source::connect-timeout={waits} ")


class Pipeline(Running):
    """A gst-launch-1.0 in the background; its messages are lines."""

    def __init__(self, text, *options, extra=None):
        super().__init__(["env", *[f"{k}={v}" for k, v in {**environment(), **(extra or {})}.items()],
                          "gst-launch-1.0", *options, *patient(text).split()])

    def has(self, words):
        return any(words in line for line in [*self.lines, *self.errors])

    def wait_for(self, words):
        wait_until(lambda: self.has(words) or self.process.poll() is not None, words)
        assert self.has(words), self.stdout + self.stderr


def launcher():
    """A fixture's body: starts pipelines, and ends what still runs after the test."""
    started = []

    def start(text, *options, extra=None):
        started.append(Pipeline(text, *options, extra=extra))
        return started[-1]

    yield start
    for pipeline in started:
        if pipeline.process.poll() is None:
            pipeline.process.kill()
        pipeline.process.wait()
