# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What GStreamer's own tracer finds still alive when a pipeline has ended."""
import signal

import pytest

from pipelines import launcher, wait_until

# A later entry of GST_DEBUG takes precedence over an earlier one.
TRACING = {"GST_TRACERS": "leaks", "GST_DEBUG": "*:1,GST_TRACER:7"}

RAW = "videotestsrc is-live=true ! video/x-raw,format=NV12,width=320,height=240,framerate=60/1"
H264 = (RAW + " ! x264enc tune=zerolatency key-int-max=10 ! h264parse config-interval=-1 ! "
        "video/x-h264,stream-format=byte-stream,alignment=au")
OTHER_FORMAT = (
    "concat name=formats ! {sink} wait-for-client=true "
    "videotestsrc num-buffers=60 ! video/x-raw,format=NV12,width=320,height=240,framerate=60/1 ! "
    "formats. "
    "videotestsrc num-buffers=60 ! video/x-raw,format=RGB,width=160,height=120,framerate=60/1 ! "
    "formats.")

launch = pytest.fixture(launcher)


def leaked(pipeline):
    """The objects that outlived it."""
    lines = pipeline.stderr.splitlines()
    assert any("object-alive.class" in line for line in lines), "the tracer did not run"
    return [line for line in lines if "object-alive, " in line and "new format" not in line]


def serving(path, running):
    wait_until(lambda: path.exists() or running.process.poll() is not None, "the socket")


def launch_host(launch, text, path, *options):
    sink = f"vslsink path={path}"
    text = text.replace("{sink}", sink) if "{sink}" in text else f"{text} ! {sink}"
    host = launch(text, *options, extra=TRACING)
    serving(path, host)
    return host


WAYS = {
    "raw": (RAW, "fakesink"),
    "copied by vslsink": (RAW + " ! identity drop-allocation=true", "fakesink"),
    "copied by vslsrc": (RAW, "fakesink", "copy=always"),
    "coded": (H264, "h264parse ! avdec_h264 ! fakesink"),
    "coded, copied by vslsrc": (H264, "h264parse ! avdec_h264 ! fakesink", "copy=always"),
}


@pytest.mark.parametrize("way", WAYS)
def test_streams_leak_nothing_at_either_end(launch, socket_path, way):
    encode, decode, *properties = WAYS[way]
    host = launch_host(launch, encode, socket_path)
    source = " ".join(["vslsrc", f"path={socket_path}", "num-buffers=60", *properties])
    reader = launch(f"{source} ! {decode}", extra=TRACING)
    assert reader.wait() == 0, reader.stderr
    assert host.stop(signal.SIGINT) == 0
    assert leaked(host) == []
    assert leaked(reader) == []


def test_a_format_that_changes_leaks_nothing(launch, socket_path):
    host = launch_host(launch, OTHER_FORMAT, socket_path)
    reader = launch(f"vslsrc path={socket_path} ! fakesink", "-v", extra=TRACING)
    assert host.wait() == 0, host.stderr
    assert reader.wait() == 0, reader.stderr
    assert reader.has("width=(int)320") and reader.has("width=(int)160")
    assert leaked(host) == []
    assert leaked(reader) == []


def test_readers_that_are_killed_leave_nothing_behind_in_vslsink(launch, socket_path):
    host = launch_host(launch, RAW, socket_path)
    readers = [launch(f"vslsrc path={socket_path} ! fakesink silent=false", "-v") for _ in range(3)]
    for reader in readers:
        reader.wait_for("last-message = chain")
        reader.stop(signal.SIGKILL)
    assert host.stop(signal.SIGINT) == 0
    assert leaked(host) == []


def test_a_vslsrc_that_lost_its_host_and_found_another_leaks_nothing(launch, socket_path):
    reader = launch(f"vslsrc path={socket_path} reconnect=true ! fakesink silent=false", "-v", "-m",
                    extra=TRACING)
    for word in ("connected", "reconnected"):
        host = launch_host(launch, RAW, socket_path)
        reader.wait_for(f"state=(string){word}")
        seen = len(reader.lines)
        wait_until(lambda: any("last-message = chain" in line for line in reader.lines[seen:]),
                   "a frame")
        host.stop(signal.SIGKILL)
    assert reader.stop(signal.SIGINT) == 0
    assert leaked(reader) == []
