# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""`videostream devices` and `info` on a machine with many devices."""
import contextlib
import json
import os
import pathlib
import subprocess

import pytest

LIMIT_S = 60


@pytest.fixture(name="run")
def runner():
    tool = os.environ.get("VIDEOSTREAM_BIN")
    if not tool:
        pytest.skip("VIDEOSTREAM_BIN does not name the videostream program")
    if not pathlib.Path("/sys/class/video4linux").exists():
        pytest.skip("no video devices here: run it in the lab")

    def run(*arguments, program="videostream"):
        path = pathlib.Path(tool).with_name(program)
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=LIMIT_S,
                              check=True)
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    return run


@contextlib.contextmanager
def streaming(path):
    """Another program that takes pictures from it and knows of no locks."""
    with subprocess.Popen(["v4l2-ctl", "-d", path, "--stream-mmap", "--stream-count=0",
                           "--verbose"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as other:
        try:
            assert any("dqbuf" in line for line in other.stderr), "it does not stream"
            yield
        finally:
            other.kill()


def test_devices_puts_what_there_is_into_the_right_lists(run):
    report = run("devices", "--json")
    drivers = {kind: {unit["driver"] for unit in report[kind]} for kind in report
               if kind != "summary"}
    assert drivers == {"cameras": {"vivid", "vimc"}, "encoders": {"vicodec"},
                       "decoders": {"vicodec"}, "converters": {"vivid", "vim2m"}}
    assert report["encoders"][0]["formats"] == ["FWHT"]
    assert report["summary"] == {"total_devices": 13, "hardware_units": 6, "cameras": 4,
                                 "encoders": 1, "decoders": 1, "converters": 4}
    memory = {unit["bus"]: unit["memory"] for unit in report["cameras"]}
    assert memory["platform:vivid-000"] == ["MMAP", "USERPTR", "DMABUF"]
    assert memory["platform:vivid-002"] == ["MMAP", "DMABUF"], "contiguous memory only"


def test_devices_joins_nodes_of_a_bus_and_tells_them_apart_with_all(run):
    joined, apart = run("devices", "--cameras"), run("devices", "--cameras", "--all")
    assert "(3 devices)  vimc" in joined and "Cameras (4):" in joined
    assert "Cameras (6):" in apart
    assert "Encoders" not in joined


def test_the_older_program_prints_every_node_with_its_bus(run):
    text = run(program="vsl-v4l2-info")
    assert text.count("    Bus: ") == 13
    assert "    Type:    Encoder\n" in text


def test_info_finds_a_camera_and_knows_whether_it_can_be_used(run):
    camera = run("info", "--camera", "--json")["camera"]
    assert camera["available"] and "reason" not in camera
    assert "YUYV" in camera["formats"]
    with streaming(camera["device"]):
        busy = run("info", "--camera", "--json")["camera"]
    assert busy["available"] is False and "busy" in busy["reason"]
    assert busy["formats"] == camera["formats"]
    assert run("info", "--camera", "--json")["camera"] == camera


def test_info_leaves_the_picture_a_camera_is_set_to(run):
    device = run("info", "--camera", "--json")["camera"]["device"]

    def picture():
        return subprocess.run(["v4l2-ctl", "-d", device, "-V", "-P"], capture_output=True,
                              text=True, timeout=LIMIT_S, check=True).stdout

    subprocess.run(["v4l2-ctl", "-d", device, "--set-fmt-video=width=320,height=180,"
                    "pixelformat=NV12"], timeout=LIMIT_S, check=True)
    before = picture()
    assert "'NV12'" in before
    run("info")
    assert picture() == before


def test_info_names_the_codecs_of_the_machine_and_the_devices_that_have_them(run):
    info = run("info", "--json")
    for side in (info["encoder"], info["decoder"]):
        assert side["available"] and "FWHT" in side["codecs"]
        assert any(line.startswith("FWHT by v4l2: vicodec (/dev/video") for line in side["backends"])
    nodes = {node["type"]: node for node in info["v4l2_codecs"]["devices"]}
    assert nodes["Encoder"]["is_encoder"] and nodes["Encoder"]["formats"] == ["FWHT"]
    assert nodes["Decoder"]["is_decoder"] and len(info["v4l2_codecs"]["devices"]) == 13
