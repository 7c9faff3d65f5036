# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""decode, stream --encode, receive --decode and what info says about codecs."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(os.environ.get("VIDEOSTREAM_ROOT", pathlib.Path(__file__).parents[2]))
BIN = os.environ.get("VIDEOSTREAM_BIN", str(ROOT / "build/release/apps/videostream/videostream"))


def run(*arguments, **options):
    return subprocess.run([BIN, *map(str, arguments)], text=True, capture_output=True, **options)


def pixels_of(path):
    return subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-fps_mode", "passthrough",
                           "-f", "rawvideo", "-"], check=True, stdout=subprocess.PIPE).stdout


@pytest.mark.parametrize("name, encoder", [("clip.h264", "libx264"), ("clip.h265", "libx265")])
def test_decode_writes_the_pictures_that_ffmpeg_decodes(tmp_path, name, encoder):
    clip = tmp_path / name
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                    "testsrc2=size=318x178:rate=30:duration=1", "-pix_fmt", "yuv420p", "-c:v",
                    encoder, str(clip)], check=True, stderr=subprocess.DEVNULL)
    done = run("decode", clip, tmp_path / "out.y4m", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames"] == 30
    assert pixels_of(tmp_path / "out.y4m") == pixels_of(clip)


def test_decode_of_a_file_without_pictures_says_so_and_leaves_nothing(tmp_path):
    (tmp_path / "empty.h264").write_bytes(b"")
    done = run("decode", tmp_path / "empty.h264", tmp_path / "out.y4m")
    assert done.returncode == 1
    assert "no picture" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["empty.h264"]


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_coded_frames_are_decoded_in_another_process(tmp_path, codec):
    socket = tmp_path / "bus"
    with subprocess.Popen([BIN, "stream", socket, "--source", "test", "-r", "320x240", "-F", "30",
                           "--encode", "--codec", codec, "-b", "1000", "-q"]) as host:
        try:
            done = run("receive", socket, "--decode", "-f", 60, "-t", 60, "--json", "--metrics")
            assert done.returncode == 0, done.stderr
        finally:
            host.terminate()
    record = json.loads(done.stdout)
    assert record["decoded"] > 0
    assert record["damaged"] == 0
    assert record["maps"] <= 24  # buffers are used again


def test_info_names_who_encodes_and_decodes():
    report = json.loads(run("info", "--json", "--encoder", "--decoder").stdout)
    for section in (report["encoder"], report["decoder"]):
        assert section["available"]
        assert section["codecs"] == ["H.264", "H.265 (HEVC)"]
    assert "H.264 by software: libx264" in report["encoder"]["backends"]


def test_info_says_why_nothing_can_be_coded(tmp_path):
    environment = {**os.environ, "VIDEOSTREAM_MODULE_PATH": str(tmp_path)}
    report = json.loads(run("info", "--json", "--encoder", env=environment).stdout)
    assert not report["encoder"]["available"]
    assert str(tmp_path) in report["encoder"]["reason"]


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_snapshot_of_coded_frames_is_a_picture(tmp_path, codec):
    socket, picture = tmp_path / "bus", tmp_path / "frame.ppm"
    with subprocess.Popen([BIN, "stream", str(socket), "--source", "test", "-r", "320x240",
                           "--encode", "--codec", codec], stderr=subprocess.DEVNULL) as host:
        try:
            done = run("snapshot", str(socket), "-o", str(picture), "--json", "--timeout", "60")
            missing = run("snapshot", str(socket), "-o", str(tmp_path / "none.png"), "--timeout", "60",
                          env={**os.environ, "VIDEOSTREAM_MODULE_PATH": str(tmp_path)})
        finally:
            host.terminate()
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["format"], report["width"]) == ("H264" if codec == "h264" else "HEVC", 320)
    pixels = picture.read_bytes().removeprefix(b"P6\n320 240\n255\n")
    assert len(pixels) == 320 * 240 * 3
    colours = list(zip(pixels[::3], pixels[1::3], pixels[2::3]))
    for bar in ((191, 191, 191), (191, 191, 0)):  # of the test pattern, an eighth of the width each
        alike = sum(max(abs(a - b) for a, b in zip(colour, bar)) < 16 for colour in colours)
        assert alike > len(colours) / 40
    assert missing.returncode == 4 and str(tmp_path) in missing.stderr
    assert not (tmp_path / "none.png").exists()
