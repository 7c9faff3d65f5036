# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""stream, snapshot and bench with the kernel's virtual cameras, as real processes."""
import ctypes
import fcntl
import glob
import json
import os
import re
import signal
import subprocess

import pytest
from conftest import PATIENCE_S, wait_until

SMALL = ("-r", "320x180", "-F", "25")
# vivid stamps a picture with the time at which it is to be shown, unless told this.
STAMPED_AT_START = ("--control", "timestamp_source=Start of Exposure")
BARS = ("--control", "test_pattern=100% Colorbar", "--control", "osd_text_mode=None")
COLOURS = [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0),
           (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)]


class Query(ctypes.Structure):
    _fields_ = [("id", ctypes.c_uint32), ("type", ctypes.c_uint32), ("name", ctypes.c_char * 32),
                ("minimum", ctypes.c_int32), ("maximum", ctypes.c_int32), ("step", ctypes.c_int32),
                ("default", ctypes.c_int32), ("flags", ctypes.c_uint32),
                ("reserved", ctypes.c_uint32 * 2)]


class Value(ctypes.Structure):
    _fields_ = [("id", ctypes.c_uint32), ("value", ctypes.c_int32)]


VIDIOC_G_CTRL, VIDIOC_S_CTRL, VIDIOC_QUERYCTRL = 0xC008561B, 0xC008561C, 0xC0445624
NEXT_CONTROL = 0x80000000
INTEGER, BOOLEAN, MENU = 1, 2, 3
NOT_TO_BE_SET = 0x01 | 0x04 | 0x10  # disabled, read-only, inactive


class Camera:
    """What a test does to a camera behind the back of the program that has it."""

    def __init__(self, name):
        nodes = [entry for entry in glob.glob("/sys/class/video4linux/video*/name")
                 if open(entry, encoding="ascii").read().strip() == name]
        if not nodes:
            pytest.skip(f"there is no {name} here: run it in the lab")
        self.path = os.path.join("/dev", nodes[0].split("/")[-2])
        self._open()
        self._controls = {query.name.decode(): query for query in self._query_all()}
        self.reset()

    def _open(self):
        self._device = open(self.path, "r+b", buffering=0)

    def _query_all(self):
        query = Query(id=NEXT_CONTROL)
        while True:
            try:
                fcntl.ioctl(self._device, VIDIOC_QUERYCTRL, query)
            except OSError:
                return
            yield Query.from_buffer_copy(query)
            query.id |= NEXT_CONTROL

    def reset(self):
        if self._device.closed:
            self._open()
        for name, query in self._controls.items():
            if query.type in (INTEGER, BOOLEAN, MENU) and not query.flags & NOT_TO_BE_SET:
                self.set(name, query.default)

    def set(self, name, value):
        fcntl.ioctl(self._device, VIDIOC_S_CTRL, Value(self._controls[name].id, value))

    def get(self, name):
        value = Value(self._controls[name].id)
        fcntl.ioctl(self._device, VIDIOC_G_CTRL, value)
        return value.value

    def unplug(self):
        """Until nobody has it open any more: then vivid connects it again."""
        self.set("Disconnect", 1)
        self.close()

    def close(self):
        self._device.close()


@pytest.fixture
def camera_named():
    """Cameras by the name of their kernel device, with every control at its default."""
    found = []

    def find(name):
        found.append(Camera(name))
        return found[-1]

    yield find
    for camera in found:
        camera.reset()
        camera.close()


@pytest.fixture
def single(camera_named):
    return camera_named("vivid-000-vid-cap")


@pytest.fixture
def multi(camera_named):
    return camera_named("vivid-001-vid-cap")


@pytest.fixture
def host(camera_named, start, socket_path):  # in this order: streams end before cameras are put back
    """A stream of a camera that has begun."""

    def start_host(camera, *more):
        running = start("stream", socket_path, "-d", camera.path, *SMALL, "--json",
                        "--metrics-interval", 1, *more)
        wait_until(lambda: socket_path.exists() or running.process.poll() is not None, "the socket")
        return running

    return start_host


def published(running):
    return bool(running.records()) and running.records()[-1]["frames_processed"] > 0


def pixels(path):
    """Width and the rows of a PPM."""
    kind, size, _, rest = path.read_bytes().split(b"\n", 3)
    assert kind == b"P6"
    width = int(size.split()[0])
    return width, [rest[at:at + 3 * width] for at in range(0, len(rest), 3 * width)]


def bars_of(path):
    """The colour in the middle of each of eight bars, half way down."""
    width, rows = pixels(path)
    row = rows[len(rows) // 2]
    centres = [3 * ((2 * bar + 1) * width // 16) for bar in range(8)]
    return [tuple(row[at:at + 3]) for at in centres]


def alike(seen, expected):
    return all(abs(a - b) < 24 for one, other in zip(seen, expected) for a, b in zip(one, other))


@pytest.mark.parametrize("kind, fourcc, descriptors", [("single", "YUYV", 1), ("multi", "NM12", 2)])
def test_two_clients_get_a_cameras_own_buffers_whole_and_in_order(
        request, host, start, socket_path, kind, fourcc, descriptors):
    camera = request.getfixturevalue(kind)
    # Long enough for an emulated processor to read every frame.
    running = host(camera, "--format", fourcc, "--checksum", "--lifespan", 400, "--buffers", 16,
                   *STAMPED_AT_START)
    receivers = [start("receive", socket_path, "-f", 25, "--verify", "--json", "--policy", policy)
                 for policy in ("in-order", "newest")]
    for receiver in receivers:
        assert receiver.wait() == 0, receiver.stderr
        record = json.loads(receiver.stdout)
        assert record["verified_frames"] + record["taken_back"] == 25
        assert record["bad_frames"] == record["unverifiable_frames"] == record["copies"] == 0
        # As many dma-bufs as there are, each sent once.
        assert record["fds_received"] > 0
    assert running.stop() == 0
    record = running.records()[-1]
    assert record["source_copies"] == record["bus_copies"] == record["damaged"] == 0
    assert record["latency_p50_us"] > 0
    assert "(mmap)" in running.stderr and fourcc in running.stderr


@pytest.mark.parametrize("memory", ["dma-buf", "copy"])
def test_the_camera_writes_where_it_was_asked_to(host, run, single, socket_path, memory):
    running = host(single, "--camera-memory", memory, "--memory", "dma-heap", "--checksum",
                   "--lifespan", 400, "--buffers", 16)
    result = run("receive", socket_path, "-f", 5, "--verify", "--json")
    assert result.returncode == 0, running.stderr + result.stderr
    assert json.loads(result.stdout)["unverifiable_frames"] == 0
    assert running.stop() == 0
    assert f"({memory})" in running.stderr
    assert (running.records()[-1]["source_copies"] > 0) == (memory == "copy")


def test_readers_that_hold_every_buffer_cost_frames_and_do_not_stop_the_stream(
        host, start, run, single, socket_path):
    running = host(single, "--buffers", 3)
    holder = start("receive", socket_path, "-f", 0, "--hold", 12, "--json", "--metrics-interval", 1)
    wait_until(lambda: running.records() and running.records()[-1]["taken_back"] > 0,
               "frames to be taken back")
    result = run("receive", socket_path, "-f", 10, "--json")
    assert result.returncode == 0, result.stderr
    assert holder.stop() == 0
    assert run("receive", socket_path, "-f", 10, "--json").returncode == 0
    assert running.stop() == 0
    record = running.records()[-1]
    assert record["dropped_frames"] >= record["driver_dropped"] > 0
    assert record["starved"] > 0
    assert "buffers are held by readers" in running.stderr


def test_frames_the_driver_drops_are_counted(host, single):
    running = host(single, "--control", "percentage_of_dropped_buffers=50")
    wait_until(lambda: running.records() and running.records()[-1]["driver_dropped"] > 0, "drops")
    assert running.stop() == 0
    record = running.records()[-1]
    assert record["dropped_frames"] == record["driver_dropped"]
    assert record["source_frames"] == record["frames_processed"] + record["dropped_frames"]
    assert "dropped" in running.stderr


def test_an_unplugged_camera_ends_the_stream_with_3_and_tells_the_clients(
        host, start, single, socket_path):
    running = host(single)
    receiver = start("receive", socket_path, "-f", 0, "-t", 2, "--json", "--metrics-interval", 1)
    wait_until(lambda: published(running) and published(receiver), "frames")
    single.unplug()
    assert running.wait() == 3
    assert running.stderr.splitlines()[-1].startswith("Camera not found: ")
    assert single.path in running.stderr
    assert json.loads(running.lines[-1])["error"]["class"] == "camera"
    assert not socket_path.exists()
    assert receiver.wait() == 6  # it had looked for another host meanwhile


def test_a_busy_camera_names_who_has_it(host, run, single, tmp_path):
    running = host(single)
    result = run("snapshot", single.path, "-o", tmp_path / "x.png")
    assert result.returncode == 3
    assert str(running.process.pid) in result.stderr and "videostream" in result.stderr
    assert running.stop() == 0


def test_a_camera_of_somebody_else_is_refused_with_3(run_as_nobody, single):
    result = run_as_nobody("stream", f"nobody-{os.getpid()}", "-d", single.path)
    assert result.returncode == 3
    assert "Permission denied" in result.stderr and single.path in result.stderr


def test_a_format_the_camera_has_not_is_refused_and_a_size_replaced(run, single, socket_path):
    result = run("stream", socket_path, "-d", single.path, "--format", "H264")
    assert result.returncode == 3
    assert "H264" in result.stderr and "YUYV" in result.stderr
    result = run("stream", socket_path, "-d", single.path, "-r", "333x180", "-F", 25, "-f", 2)
    assert result.returncode == 0, result.stderr
    assert "gives 320x180 instead of 333x180" in result.stderr


def test_a_snapshot_of_a_camera_shows_its_picture_and_mirrors_it(run, single, tmp_path):
    plain, mirrored = tmp_path / "plain.ppm", tmp_path / "mirrored.ppm"
    result = run("snapshot", single.path, "-o", plain, "-r", "640x360", "--skip", 2, "--json", *BARS)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["width"] == 640
    assert alike(bars_of(plain), COLOURS), bars_of(plain)
    assert run("snapshot", "--device", single.path, "-o", mirrored, "-r", "640x360",
               "--mirror", "--mirror-v").returncode == 0
    assert alike(bars_of(mirrored), COLOURS[::-1]), bars_of(mirrored)
    assert (single.get("Horizontal Flip"), single.get("Vertical Flip")) == (1, 1)


def test_a_snapshot_of_a_bare_sensor_has_its_colours(run, single, tmp_path):
    picture = tmp_path / "bayer.ppm"
    result = run("snapshot", single.path, "-o", picture, "-r", "640x360", "--format", "BA81", *BARS)
    assert result.returncode == 0, result.stderr
    assert alike(bars_of(picture), COLOURS), bars_of(picture)


def test_controls_are_listed_and_set(run, single, socket_path):
    result = run("stream", socket_path, "-d", single.path, *SMALL, "-f", 1,
                 "--control", "brightness=90", "--control", "contrast=100")
    assert result.returncode == 0, result.stderr
    assert (single.get("Brightness"), single.get("Contrast")) == (90, 100)
    result = run("stream", "--list-controls", "-d", single.path, "--json")
    assert result.returncode == 0, result.stderr
    controls = {control["key"]: control for control in json.loads(result.stdout)["controls"]}
    assert controls["brightness"] == {
        "key": "brightness", "name": "Brightness", "id": "0x00980900", "type": "integer",
        "read_only": False, "inactive": False, "value": 90, "default": 128, "minimum": 0,
        "maximum": 255, "step": 1}
    assert {"value": 1, "name": "100% Colorbar"} in controls["test_pattern"]["choices"]
    result = run("stream", socket_path, "-d", single.path, "--control", "nonsense=1")
    assert result.returncode == 3
    assert "nonsense" in result.stderr


def test_without_a_device_the_first_camera_is_taken(run, socket_path):
    result = run("stream", socket_path, "-f", 1, *SMALL)
    assert result.returncode == 0, result.stderr
    assert "streaming /dev/video" in result.stderr


def test_the_commands_of_the_document_work(binary, tmp_path):
    text = open(os.path.join(os.environ["VIDEOSTREAM_ROOT"], "docs", "cameras.md"),
                encoding="utf-8").read()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    script = "set -e\n" + "\n".join(blocks).replace("/tmp/cam", str(tmp_path / "cam")) + "wait\n"
    path = os.path.dirname(binary) + ":" + os.environ["PATH"]
    result = subprocess.run(["sh", "-c", script], cwd=tmp_path, env={**os.environ, "PATH": path},
                            capture_output=True, text=True, timeout=4 * PATIENCE_S, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    for picture in ("camera.png", "shared.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    assert "10 frames whole, 0 bad" in result.stdout


def test_bench_measures_the_way_from_the_camera_and_counts_no_copy(run, single):
    result = run("bench", "-d", single.path, "--size", "320x180", "-F", 25, "--clients", "2",
                 "--frames", 10, "--runs", 1, "--json", *STAMPED_AT_START)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["device"] == single.path and report["camera"]["memory"] == "mmap"
    [figures] = report["results"]
    assert (figures["clients"], figures["frames"], figures["copies"]) == (2, 10, 0)
    for name in ("capture_to_post_us", "post_to_consumer_us", "capture_to_consumer_us"):
        assert 0 < figures[name]["p50"] <= figures[name]["p95"] <= figures[name]["max"], name
    assert figures["capture_to_consumer_us"]["max"] >= figures["capture_to_post_us"]["p50"]


def test_camhost_serves_as_release_25_did(binary, start, run, single, tmp_path, socket_path):
    camhost = os.path.join(os.path.dirname(binary), "vsl-camhost")
    log = tmp_path / "log.csv"
    running = start("-d", single.path, "-r", "320x180", "-p", socket_path, "-l", 400, "-b", 16,
                    "-L", log, program=camhost)
    result = run("receive", socket_path, "-f", 3, "-t", 30)
    assert result.returncode == 0, running.stderr + result.stderr
    second = subprocess.run([camhost, "-d", single.path, "-p", str(tmp_path / "other")],
                            capture_output=True, timeout=PATIENCE_S, check=False)
    assert second.returncode == 1
    assert running.stop(signal.SIGQUIT) == 0
    header, *rows = log.read_text().splitlines()
    assert header == ("event,start_time,end_time,duration,serial,input_elapsed,model_elapsed,"
                      "output_elapsed")
    assert len(rows) >= 3 and all(row.startswith("camhost,") for row in rows)
