# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What the tool says about itself and about wrong arguments."""
import glob
import json
import os
import subprocess

import pytest

COMMANDS = {
    "stream": ["Stream camera frames"],
    "record": ["Record camera"],
    "convert": ["Convert", "h264"],
    "receive": ["Receive frames"],
    "info": ["Display", "capabilities"],
    "devices": ["V4L2"],
    "snapshot": ["Save"],
    "demo": ["Show"],
    "bench": [],
    "top": [],
}


def test_the_help_names_every_command(run):
    result = run("--help")
    assert result.returncode == 0
    assert "VideoStream CLI" in result.stdout
    for command in COMMANDS:
        assert command in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_help_has_its_words_and_the_global_options(run, command):
    for arguments in ((command, "--help"), ("help", command)):
        result = run(*arguments)
        assert result.returncode == 0
        for word in [*COMMANDS[command], "--json", "--verbose", "--quiet"]:
            assert word in result.stdout


@pytest.mark.parametrize("arguments", [("-V",), ("--version",), ("stream", "--version")])
def test_the_version_is_known_before_and_after_a_command(run, arguments):
    result = run(*arguments)
    assert result.returncode == 0
    assert result.stdout.startswith("videostream ")


def test_no_command_prints_the_usage_on_stderr(run):
    result = run()
    assert (result.returncode, result.stdout) == (2, "")
    assert "Usage" in result.stderr


@pytest.mark.parametrize("arguments, words", [
    (("nonsense",), "error: "),
    (("stream",), "error: "),
    (("stream", "/nowhere/x", "--nonsense"), "error: "),
    (("stream", "/nowhere/x", "-f", "many"), "error: "),
    (("stream", "/nowhere/x", "--source", "test", "--device", "/dev/video0"), "error: "),
    (("record", "x.h264", "--ipc", "/nowhere/x", "--device", "/dev/video0"), "error: "),
    (("stream", "/nowhere/x", "--source", "test", "--buffers", "2"), "--buffers must be 4 to 64 here"),
    (("stream", "/nowhere/x", "--buffers", "33"), "--buffers must be 2 to 32 here"),
    (("stream", "--source", "test"), "SOCKET"),
    (("stream", "/nowhere/x", "--source", "test", "--mirror"), "error: "),
    (("stream", "/nowhere/x", "--source", "test", "--format", "driver"), "needs a camera"),
    (("stream", "/nowhere/x", "--control", "brightness"), "expected name=value"),
    (("stream", "/nowhere/x", "--camera-memory", "gpu"), "Unknown camera memory"),
    (("snapshot", "-o", "x.png"), "error: "),
    (("snapshot", "/nowhere/x", "-o", "x.png", "--skip", "2"), "/nowhere/x is not a camera"),
    (("snapshot", "/nowhere/x", "-o", "x.png", "--device", "auto"), "error: "),
    (("bench", "--device", "auto", "--control", "x"), "expected name=value"),
    (("stream", "/nowhere/x", "-r", "1920"), "Invalid arguments: Invalid resolution format"),
    (("stream", "/nowhere/x", "-r", "1x2x3"), "Invalid arguments: Invalid height in resolution"),
    (("stream", "/nowhere/x", "--format", "NV"), "FOURCC must be exactly 4 characters"),
    (("stream", "/nowhere/x", "-F", "0"), "Invalid arguments: Invalid frame rate"),
    (("stream", "/nowhere/x", "-e", "-b", "fast"), "Invalid arguments: Invalid bitrate"),
    (("receive", "/nowhere/x", "--policy", "all"), "Invalid arguments: Invalid policy"),
    (("snapshot", "/nowhere/x", "-o", "x.gif"), "Invalid arguments: "),
    (("convert", "in.bin", "out.mp4"), "Cannot detect codec from file extension"),
])
def test_wrong_arguments_exit_with_2_and_say_which(run, arguments, words):
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize("arguments, code, words", [
    (("stream", "/nowhere/x", "--source", "test", "-e", "--backend", "hantro"), 4,
      "Encoder/decoder unavailable: "),
    (("stream", "/nowhere/x", "-d", "/dev/video99"), 3, "Camera not found: open camera /dev/video99"),
    (("stream", "/nowhere/x", "-d", "/dev/null"), 3, "Camera not found: "),
    (("stream", "/nowhere/x", "-d", "/tmp"), 3, "Camera not found: "),
    (("stream", "--list-controls", "-d", "/dev/video99"), 3, "Camera not found: "),
    (("snapshot", "/dev/video99", "-o", "x.png"), 3, "Camera not found: "),
    (("snapshot", "/dev/null", "-o", "x.png"), 3, "Camera not found: "),
    (("bench", "--device", "/dev/video99"), 3, "Camera not found: "),
    (("stream", "/nowhere/x", "--source", "/no/such.mp4"), 1, "Error: open video file /no/such.mp4"),
    (("stream", "/no/such/bus", "--source", "test"), 5, "Socket error: "),
    (("record", "/nowhere/x.h264", "--source", "test"), 1,
     "Error: Failed to create output file"),
    (("convert", "/no/such.h264", "out.mp4"), 1, "Error: Failed to open input file"),
])
def test_what_cannot_be_done_has_its_class(run, arguments, code, words):
    result = run(*arguments)
    assert result.returncode == code
    assert result.stderr.startswith(words)
    assert result.stderr.count("\n") == 1


def test_without_any_camera_another_source_is_offered(run, tmp_path):
    if glob.glob("/dev/video*"):
        pytest.skip("there are video devices here")
    for arguments in (("stream", tmp_path / "bus"), ("stream", tmp_path / "bus", "-d", "auto")):
        result = run(*arguments, "--json")
        assert result.returncode == 3
        assert result.stderr.startswith("Camera not found: ") and "--source test" in result.stderr
        assert json.loads(result.stdout)["error"]["class"] == "camera"
    assert run("snapshot", "--device", "auto", "-o", tmp_path / "x.png").returncode == 3


def test_camhost_fails_with_1_whatever_the_reason(binary, tmp_path):
    camhost = os.path.join(os.path.dirname(binary), "vsl-camhost")
    for arguments in (("-d", "/dev/video99"), ("-r", "1920"), ("--nonsense",), ("-b", "many"),
                      ("-d", "/dev/video99", "-L", "/no/such/folder/log")):
        result = subprocess.run([camhost, "-p", str(tmp_path / "bus"), *arguments], timeout=60,
                                capture_output=True, text=True, check=False)
        assert result.returncode == 1, arguments
        assert result.stderr


def test_a_failure_is_a_json_object_when_asked(run):
    for arguments in (("--json", "stream", "/nowhere/x", "-r", "0x1"),
                      ("stream", "/nowhere/x", "-r", "0x1", "--json")):
        result = run(*arguments)
        error = json.loads(result.stdout)["error"]
        assert error["code"] == result.returncode == 2
        assert "must be positive" in error["message"]


def test_info_and_devices_are_json_and_never_fail(run):
    info = run("info", "--json")
    assert info.returncode == 0
    assert set(json.loads(info.stdout)) == {"version", "camera", "encoder", "decoder",
                                            "converter", "v4l2_codecs"}
    only = run("info", "--json", "--encoder")
    assert set(json.loads(only.stdout)) == {"version", "encoder"}
    devices = json.loads(run("devices", "--json").stdout)
    assert set(devices) == {"cameras", "encoders", "decoders", "converters", "summary"}
    assert "System Information" in run("info").stdout
    assert "V4L2 Devices" in run("devices").stdout.splitlines()[0]
