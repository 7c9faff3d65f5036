# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What the tool says about itself and about wrong arguments."""
import glob
import json
import os
import subprocess

import pytest
from conftest import wait_until

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
    (("receive", "/nowhere/x", "--host-user", "no-such-user-here"), "is no user of this system"),
    (("receive", "/nowhere/x", "--may-fault", "often"), "is none of auto, refuse, accept"),
    (("record", "x.h264", "--host-user", "any"), "--ipc"),
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
    (("stream", "/nowhere/x", "-d", "/dev/null"), 3, "Camera error: /dev/null is no V4L2 device; "),
    (("stream", "/nowhere/x", "-d", "/tmp"), 3, "Camera error: "),
    (("stream", "--list-controls", "-d", "/dev/video99"), 3, "Camera not found: "),
    (("snapshot", "/dev/video99", "-o", "x.png"), 3, "Camera not found: "),
    (("snapshot", "/dev/null", "-o", "x.png"), 3, "Camera error: /dev/null is no V4L2 device; "),
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


@pytest.mark.parametrize("command", [*COMMANDS, "decode"])
def test_a_commands_help_ends_with_examples_of_options_that_it_has(run, command):
    text = run(command, "--help").stdout
    examples = [line.split() for line in text.partition("Examples:\n")[2].splitlines()]
    assert len(examples) >= 1, text
    for words in examples:
        assert words[:2] == ["videostream", command]
        for option in (word for word in words if word.startswith("--")):
            assert option in text, (option, words)


@pytest.mark.parametrize("arguments, sentence", [
    (("stream", "/nowhere/x", "--source", "test", "--frames", "-1"),
     "--frames: expected a whole number of 0 or more, not '-1'"),
    (("receive", "/nowhere/x", "-f", "0.5"), "expected a whole number of 0 or more, not '0.5'"),
    (("receive", "/nowhere/x", "--slow", "x"), "expected a whole number from 0 to 3600000, not 'x'"),
    (("record", "/nowhere/x.mp4", "--duration", "-1"),
     "--duration: expected a number of seconds from 0 to 1000000000, as 0.5, not '-1'"),
    (("record", "/nowhere/x.mp4", "--duration", "nan"), "expected a number of seconds"),
    (("receive", "/nowhere/x", "--metrics-interval", "soon"), "expected a number of seconds"),
    (("bench", "--frames", "0.5"), "--frames: expected a whole number of 1 or more, not '0.5'"),
])
def test_a_number_that_is_none_is_refused_with_what_was_expected(run, arguments, sentence):
    result = run(*arguments)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert len(result.stderr) < 200


def test_a_fraction_of_a_second_is_a_duration(run, tmp_path):
    result = run("record", tmp_path / "half.h264", "--source", "test", "-r", "64x64", "-F", "100",
                 "--duration", "0.5", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["frames_processed"] == 50


def test_an_abstract_name_is_the_same_with_and_without_an_at_sign(start, run):
    name = f"videostream-usage-{os.getpid()}"
    host = start("stream", "@" + name, "--source", "test", "-r", "64x64")
    for socket in (name, "@" + name):
        result = run("receive", socket, "-f", 3, "--verify", "-t", 60)
        assert result.returncode == 0, result.stderr
    assert run("top", "--once", "@" + name).returncode == 0
    assert run("top", "--once", name).returncode == 0
    assert host.stop() == 0
    assert f"on @{name}" in host.stderr


@pytest.mark.parametrize("command", [
    ("stream", "./cam", "--source", "test"), ("receive", "./cam"), ("top", "./cam"),
    ("snapshot", "./cam", "-o", "x.png"), ("record", "x.mp4", "--ipc", "./cam")])
def test_a_relative_path_is_no_socket_and_both_meanings_are_offered(run, command):
    result = run(*command)
    assert result.returncode == 2
    assert os.path.join(os.getcwd(), "cam") in result.stderr and "@./cam" in result.stderr


def test_who_finds_no_host_is_told_how_to_start_one(run, tmp_path):
    missing = run("receive", tmp_path / "none", "-t", "0")
    assert missing.returncode == 5
    assert f"start one with: videostream stream {tmp_path}/none" in missing.stderr
    abstract = run("receive", "@videostream-nobody", "-t", "0")
    assert "no host has that name" in abstract.stderr and "stream @videostream-nobody" in abstract.stderr


def test_a_host_without_a_folder_is_told_to_make_it(run):
    result = run("stream", "/no/such/bus", "--source", "test")
    assert "mkdir -p /no/such" in result.stderr


def test_a_time_out_is_not_explained_with_the_systems_words(start, run, socket_path, tmp_path):
    start("stream", socket_path, "--source", "test", "-r", "64x64", "-F", "1/3600", "--lifespan", 1)
    wait_until(socket_path.exists, "the socket")
    result = run("snapshot", socket_path, "-o", tmp_path / "x.png", "-t", "0.2")
    if result.returncode != 0:  # the first frame may have come in time
        assert result.returncode == 6
        assert "no frame within 0.2 seconds" in result.stderr
        assert "Connection timed out" not in result.stderr


def test_verbose_tells_what_goes_on(test_host, run, socket_path):
    test_host()
    result = run("receive", socket_path, "-f", 3, "-t", 60, "-v")
    assert result.returncode == 0
    assert "[DEBUG] videostream " in result.stderr
    assert f"[DEBUG] connected to {socket_path}" in result.stderr
    assert "DEBUG" not in run("receive", socket_path, "-f", 3, "-t", 60).stderr
