# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""vslsink and vslsrc as people meet them: in gst-launch-1.0, with each other and the command."""
import json
import signal

import pytest

from pipelines import launcher, wait_until

PATTERN = "videotestsrc is-live=true ! video/x-raw,format=NV12,width=320,height=240,framerate=60/1"


@pytest.fixture
def launch():
    yield from launcher()


def serving(path, running):
    wait_until(lambda: path.exists() or running.process.poll() is not None, "the socket")


def test_a_pipeline_receives_what_another_one_shows(launch, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path}")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} num-buffers=20 ! fakesink", "-v")
    assert reader.wait() == 0, reader.stderr
    assert "format=(string)NV12, width=(int)320, height=(int)240" in reader.stdout
    assert "framerate=(fraction)60/1" in reader.stdout


def test_the_end_of_a_host_in_good_order_is_the_end_of_its_readers_streams(launch, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path}", "-e")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} ! fakesink silent=false", "-v")
    reader.wait_for("last-message = chain")
    assert host.stop(signal.SIGINT) == 0, host.stderr
    assert reader.wait() == 0, reader.stderr
    assert reader.has("Got EOS")


def test_a_killed_host_is_an_error_that_names_its_path(launch, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path}")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} ! fakesink silent=false", "-v")
    reader.wait_for("last-message = chain")
    host.stop(signal.SIGKILL)
    assert reader.wait() == 1
    assert reader.has(f"Lost the host at {socket_path}")


def test_the_command_receives_from_vslsink_and_nothing_is_copied(launch, run, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path} lifespan=1000 pool-size=32")
    serving(socket_path, host)
    result = run("receive", socket_path, "-f", 20, "--verify", "--json")
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["frames_processed"] == 20
    assert record["bad_frames"] == record["copies"] == 0
    assert record["wire_version"] == 2


def test_frames_stay_whole_from_the_command_through_both_elements_to_the_command(
        launch, test_host, run, socket_path, tmp_path):
    test_host("--lifespan", 1000, "--buffers", 64)
    relayed = tmp_path / "relayed"
    relay = launch(f"vslsrc path={socket_path} ! vslsink path={relayed} sync=false")
    serving(relayed, relay)
    result = run("receive", relayed, "-f", 50, "--verify", "--json")
    assert result.returncode == 0, result.stderr + relay.stderr
    record = json.loads(result.stdout)
    assert record["verified_frames"] == 50, record


def test_vslsink_without_clients_goes_on_and_leaves_no_socket_behind(launch, socket_path):
    host = launch(f"videotestsrc num-buffers=100 ! vslsink sync=false path={socket_path}")
    assert host.wait() == 0, host.stderr
    assert not socket_path.exists()
