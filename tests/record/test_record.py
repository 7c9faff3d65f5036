# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""record of a test pattern, of files and of raw frames on a bus, judged by ffprobe and ffmpeg."""
import glob
import json
import os
import random
import signal
import subprocess

import pytest
from conftest import wait_until
from recordings import Movie, complaints, encode, ffmpeg, probe

__all__ = ["encode"]  # a fixture
SMALL = ("--source", "test", "-r", "320x240")
METRICS = ["frames_processed", "bytes_processed", "duration_ms", "throughput_fps",
           "bandwidth_mbps", "latency_min_us", "latency_max_us", "latency_avg_us",
           "latency_p50_us", "latency_p95_us", "latency_p99_us", "dropped_frames", "output",
           "codec"]


def recorded(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def plays(path):
    """Decodes all of it without an error, but for a picture whose write the kill ended half-way."""
    if complaints(path) != "" and path.suffix != ".mp4":
        content = path.read_bytes()
        path.write_bytes(content[:content.rindex(b"\0\0\0\1")])
    return complaints(path) == ""


@pytest.mark.parametrize("codec, name", [("h264", "h264"), ("h265", "hevc")])
@pytest.mark.parametrize("more", [(), ("--faststart",)])
def test_a_movie_is_what_was_asked_for_to_the_last_frame(run, tmp_path, codec, name, more):
    movie = tmp_path / "clip.mp4"
    report = recorded(run("record", movie, *SMALL, "-F", "60", "-t", 1, "--codec", codec, "--json",
                          *more))
    assert list(report)[:len(METRICS)] == METRICS
    assert (report["frames_processed"], report["output"], report["codec"]) == (
        60, str(movie), codec)
    assert report["encoder"]
    seen = Movie(movie)
    assert (seen.codec, seen.size, seen.frames, seen.rate) == (name, (320, 240), 60, "60/1")
    assert seen.duration_s == pytest.approx(1, abs=1e-3)
    assert seen.is_in_order() and seen.starts_at_key
    assert ffmpeg("-i", movie, "-f", "null", "-").stderr == ""
    assert (b"moof" in movie.read_bytes()) == (not more)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize("name, codec", [("clip.h264", "h264"), ("clip.h265", "hevc"),
                                         ("clip.hevc", "hevc")])
def test_a_raw_file_has_the_codec_of_its_name(run, tmp_path, name, codec):
    result = run("record", tmp_path / name, *SMALL, "-F", "120", "-f", 30, "--sync", 5)
    assert result.returncode == 0
    assert "Recording complete: 30 frames" in result.stderr and "WARN" not in result.stderr
    for word in ("vlc ", "mpv --demuxer=", "ffplay -f", "-framerate 120", "videostream convert",
                 "output.mp4", "-c copy", name):
        assert word in result.stdout
    stream = probe(tmp_path / name, "stream=codec_name,nb_read_frames")["streams"][0]
    assert (stream["codec_name"], stream["nb_read_frames"]) == (codec, "30")
    assert complaints(tmp_path / name) == ""


def test_a_misleading_name_is_warned_of(run, tmp_path):
    result = run("record", tmp_path / "clip.bin", *SMALL, "-F", "120", "-f", 3, "--codec", "h265")
    assert result.returncode == 0
    assert "[WARN ] " in result.stderr and ".h265" in result.stderr


def test_a_rate_of_fractions_stays_exact(run, tmp_path):
    recorded(run("record", tmp_path / "clip.mp4", *SMALL, "-F", "30000/1001", "-f", 15, "--json"))
    seen = Movie(tmp_path / "clip.mp4")
    assert seen.rate == "30000/1001"
    assert seen.shown_s == [pytest.approx(i * 1001 / 30000, abs=1e-6) for i in range(15)]


def test_a_file_is_recorded_whole_at_its_own_rate_and_size(run, clip, tmp_path):
    report = recorded(run("record", tmp_path / "copy.mp4", "--source", clip, "--json"))
    seen = Movie(tmp_path / "copy.mp4")
    assert (seen.frames, seen.rate, seen.size) == (50, "25/1", (320, 240))
    assert report["frames_processed"] == 50


def test_raw_frames_of_a_bus_are_encoded_in_their_own_size(run, test_host, socket_path, tmp_path):
    test_host()
    report = recorded(run("record", tmp_path / "bus.mp4", "--ipc", socket_path, "-F", 120, "-f", 40,
                          "--json"))
    seen = Movie(tmp_path / "bus.mp4")
    assert seen.frames + report["dropped_frames"] >= 40
    assert (seen.frames, seen.size) == (40, (320, 240))
    assert seen.is_in_order() and complaints(tmp_path / "bus.mp4") == ""


def test_another_size_on_the_bus_begins_another_file(start, socket_path, tmp_path):
    def host(size):
        return start("stream", socket_path, "--source", "test", "-r", size, "-F", "60")

    first = host("320x240")
    wait_until(socket_path.exists, "the socket")
    recording = start("record", tmp_path / "clip.mp4", "--ipc", socket_path, "-F", 60,
                      "--metrics-interval", 1, "--json", "--timeout", 60)
    wait_until(recording.records, "frames of the first host")
    first.stop(signal.SIGKILL)
    host("640x480")
    second_file = tmp_path / "clip-00002.mp4"
    wait_until(lambda: second_file.exists() and second_file.stat().st_size > 0, "the second file")
    assert recording.stop() == 0
    assert Movie(tmp_path / "clip.mp4").size == (320, 240)
    assert Movie(second_file).size == (640, 480)
    assert complaints(tmp_path / "clip.mp4") == complaints(second_file) == ""


def test_what_a_recording_of_a_file_loses_is_told(run, tmp_path):
    plain, odd = tmp_path / "plain.mp4", tmp_path / "odd.mp4"
    assert ffmpeg("-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=0.4", "-vf",
                  "setsar=4/3", "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params",
                  "log-level=error", plain).returncode == 0
    assert ffmpeg("-i", plain, "-c", "copy", "-metadata:s:v:0", "rotate=90", odd).returncode == 0
    done = run("record", tmp_path / "out.mp4", "--source", odd, "--json")
    lost = recorded(done)["lost"]
    for what, words in zip(lost, ("not square (4:3)", "degrees clockwise", "10 bits"), strict=True):
        assert words in what and done.stderr.count(what) == 1
    deep = run("record", tmp_path / "deep.h265", "--source", plain, "--format", "P010", "--json")
    assert [what[:22] for what in recorded(deep)["lost"]] == ["its pixels are not squ"]
    assert "lost" not in recorded(run("record", tmp_path / "t.mp4", *SMALL, "-f", 2, "--json"))


@pytest.mark.parametrize("option, value", [("--segment-time", "0.5"), ("--segment-keys", "1")])
def test_segments_begin_at_key_frames_and_have_all_pictures(run, tmp_path, option, value):
    report = recorded(run("record", tmp_path / "clip.mp4", *SMALL, "-F", "60", "-f", 120, "--json",
                          option, value))
    movies = [Movie(path) for path in report["files"]]
    frames = 30 if option == "--segment-time" else 60
    assert [movie.frames for movie in movies] == [frames] * (120 // frames)
    assert all(movie.starts_at_key for movie in movies)
    assert [complaints(path) for path in report["files"]] == [""] * len(movies)


def test_segments_by_size_end_soon_after_they_are_full(run, tmp_path):
    report = recorded(run("record", tmp_path / "clip.h264", *SMALL, "-F", "120", "-f", 120,
                          "--json", "--segment-size", "20KB"))
    sizes = [os.path.getsize(path) for path in report["files"]]
    assert len(sizes) > 1
    assert all(20_000 <= size < 40_000 for size in sizes[:-1])
    assert sum(Movie(path).frames for path in report["files"]) == 120


@pytest.mark.parametrize("name, number", [("clip.mp4", signal.SIGINT),
                                          ("clip.h264", signal.SIGTERM),
                                          ("clip.h265", signal.SIGINT)])
def test_a_signal_ends_it_with_everything_in_the_file(start, tmp_path, name, number):
    movie = tmp_path / name
    recording = start("record", movie, *SMALL, "-F", "120", "--json")
    wait_until(lambda: movie.exists() and movie.stat().st_size > 20_000, "some pictures")
    assert recording.stop(number) == 0
    report = json.loads(recording.stdout)
    assert complaints(movie) == ""
    assert Movie(movie).frames == report["frames_processed"] > 0


def test_a_signal_before_the_first_frame_leaves_nothing(start, tmp_path, socket_path):
    recording = start("record", tmp_path / "clip.mp4", "--ipc", socket_path, "--timeout", 60)
    wait_until((tmp_path / "clip.mp4").exists, "the file")
    assert recording.stop() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["clip.mp4", "clip.h264"])
def test_a_recording_that_is_killed_at_any_time_plays(start, tmp_path, name):
    chance = random.Random(5)
    for attempt in range(10):
        movie = tmp_path / f"{attempt}-{name}"
        recording = start("record", movie, *SMALL, "-F", "240")
        enough = chance.randrange(1, 60_000)
        wait_until(lambda: movie.exists() and movie.stat().st_size >= enough, "pictures")
        recording.process.kill()
        recording.wait()
        assert plays(movie)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.h264"])
def test_a_full_disk_is_told_and_what_fits_plays(binary, tmp_path, name):
    result = subprocess.run(["bash", "-c", 'ulimit -f 160; exec "$@"', "bash", binary, "record",
                             tmp_path / name, *SMALL, "-b", "40000", "-F", "120", "--json"], timeout=60,
                            capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert f"Error: Failed to write frame data to {tmp_path / name}: File too large" in result.stderr
    report = json.loads(result.stdout)
    assert report["error"]["class"] == "general"
    assert complaints(tmp_path / name) == ""
    assert "Recorded until then: " in result.stderr
    assert Movie(tmp_path / name).frames > 10


def test_a_device_without_room_is_told(run):
    result = run("record", "/dev/full", *SMALL)
    assert result.returncode == 1
    assert "Failed to write frame data to /dev/full: No space left on device" in result.stderr


@pytest.mark.parametrize("name", ["/dev/stdout", "itself"])
def test_nothing_but_video_goes_to_stdout_when_that_is_the_output(binary, tmp_path, name):
    seen = tmp_path / "out.h264"
    target = name if name == "/dev/stdout" else seen
    with open(seen, "wb") as out:
        command = [binary, "record", target, *SMALL, "-F", "120", "-f", "24"]
        for more in ("--json", "--metrics"):
            refused = subprocess.run([*command, more], stdout=out, stderr=subprocess.PIPE, timeout=60,
                                     check=False)
            assert refused.returncode == 2 and b"stdout" in refused.stderr
        assert seen.stat().st_size == 0
        result = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False)
    assert result.returncode == 0
    assert b"Play it" not in seen.read_bytes()
    assert Movie(seen).frames == 24 and complaints(seen) == ""


def test_an_output_that_cannot_be_is_told_before_anything_begins(run, tmp_path):
    older = tmp_path / "older.mp4"
    older.write_bytes(b"older")
    for output in (tmp_path / "none" / "clip.mp4", tmp_path):
        for source in (SMALL, ("--ipc", tmp_path / "none"), ("--device", "/dev/video99")):
            result = run("record", output, *source)
            assert result.returncode == 1
            assert "Error: Failed to create output file" in result.stderr
    assert run("record", older, "--source", tmp_path / "no.mp4").returncode == 1
    assert older.read_bytes() == b"older"


def test_two_recordings_into_one_file_are_refused(start, run, tmp_path):
    movie = tmp_path / "clip.mp4"
    first = start("record", movie, *SMALL)
    wait_until(lambda: movie.exists() and movie.stat().st_size > 0, "the first")
    second = run("record", movie, *SMALL)
    assert second.returncode == 1
    assert "another process writes it" in second.stderr
    assert first.stop() == 0
    assert complaints(movie) == ""


@pytest.mark.parametrize("arguments, words", [
    (("--source", "test", "--device", "/dev/video0"), "error: "),
    (("--source", "test", "--ipc", "/nowhere/x"), "error: "),
    (("--source", "test", "--codec", "av1"), "Unsupported codec"),
    (("--source", "test", "--bitrate", "fast"), "Invalid bitrate"),
    (("--source", "test", "--faststart"), "--faststart is for MP4 files"),
    (("--source", "test", "--segment-time", "-1"), "--segment-time must be"),
    (("--source", "test", "--segment-size", "much"), "error: "),
    (("--source", "test", "--duration", "-1"), "error: "),
    (("--source", "test", "-r", "0x5"), "Resolution dimensions must be positive")])
def test_wrong_arguments_are_refused_and_no_file_is_made(run, tmp_path, arguments, words):
    result = run("record", tmp_path / "clip.h264", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_camera_or_an_encoder_it_says_which(run, tmp_path):
    missing = run("record", tmp_path / "clip.h264", "--device", "/dev/video99")
    assert missing.returncode == 3
    assert missing.stderr.startswith("Camera not found: ")
    encoder = run("record", tmp_path / "clip.h264", *SMALL, "--backend", "hantro")
    assert encoder.returncode == 4
    assert encoder.stderr.startswith("Encoder/decoder unavailable: recording needs an encoder")
    if not glob.glob("/dev/video*"):
        assert "--source test" in run("record", tmp_path / "clip.h264").stderr
    assert list(tmp_path.iterdir()) == []
