# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""vsl:// in GStreamer's own players."""
import os
import shutil
import signal

import pytest

from conftest import Running
from pipelines import environment, launcher, wait_until

RAW = "videotestsrc is-live=true ! video/x-raw,format=NV12,width=320,height=240,framerate=60/1"
H264 = (RAW + " ! x264enc tune=zerolatency key-int-max=10 ! h264parse config-interval=-1 ! "
        "video/x-h264,stream-format=byte-stream,alignment=au")
PLAYERS = {
    "uridecodebin": "uridecodebin uri={uri} ! videoconvert ! fakesink num-buffers=20",
    "uridecodebin3": "uridecodebin3 uri={uri} ! videoconvert ! fakesink num-buffers=20",
    "playbin": 'playbin uri={uri} video-sink="fakesink num-buffers=20"',
    "playbin3": 'playbin3 uri={uri} video-sink="fakesink num-buffers=20"',
}

launch = pytest.fixture(launcher)


def serve(launch, text, path):
    host = launch(f"{text} ! vslsink path={path}", "-e")
    wait_until(lambda: path.exists() or host.process.poll() is not None, "the socket")
    return host


def played(start):
    """The first player that met no second of silence, as there is on a machine that stops."""
    for _ in range(10):
        player = start()
        player.wait()
        if "No frame from" not in player.stderr:
            break
    return player


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize("stream", [RAW, H264], ids=["raw", "h264"])
def test_players_show_a_host_by_its_uri(launch, socket_path, stream, player):
    serve(launch, stream, socket_path)
    ended = played(lambda: launch(PLAYERS[player].format(uri=f"vsl://{socket_path}")))
    assert ended.process.returncode == 0 and ended.has("Got EOS"), ended.stdout + ended.stderr


def test_a_uri_names_an_abstract_socket_too(launch):
    name = f"vsl-uri-test-{os.getpid()}"
    launch(f"{RAW} ! vslsink path=@{name}")
    player = launch(PLAYERS["uridecodebin"].format(uri=f"vsl://@{name}"))
    assert player.wait() == 0, player.stdout + player.stderr


def test_gst_play_plays_a_host_to_the_end_of_its_stream(launch, socket_path):
    if not shutil.which("gst-play-1.0"):
        pytest.skip("gst-play-1.0 is not installed")
    host = serve(launch, RAW, socket_path)
    player = Running(["env", *[f"{k}={v}" for k, v in environment().items()], "gst-play-1.0",
                      "--no-interactive", "--videosink=fakesink", f"vsl://{socket_path}"])
    try:
        wait_until(lambda: "Prerolled" in player.stdout or player.process.poll() is not None,
                   "the first frame")
        assert host.stop(signal.SIGINT) == 0
        player.wait()
        assert "Reached end of play list" in player.stdout, player.stdout + player.stderr
    finally:
        player.process.kill()
