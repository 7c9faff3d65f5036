# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""record --ipc of frames that are coded already: they go into the file as they are."""
import json
import re
import signal

import pytest
from conftest import wait_until
from recordings import Movie, coded_host, complaints, encode, picture_sums

__all__ = ["coded_host", "encode"]  # fixtures
WARM_UP = 1  # frame of the producer that is no video


def recorded(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("stream, codec", [("plain.h264", "h264"), ("plain.h265", "hevc")])
def test_a_raw_file_gets_every_byte_of_the_stream(run, encode, coded_host, socket_path, tmp_path,
                                                  stream, codec):
    source = encode(stream, "-g", "25")
    coded_host(source)
    target = tmp_path / ("out" + source.suffix)
    report = recorded(run("record", target, "--ipc", socket_path, "--frames", 50, "--json"))
    assert target.read_bytes() == source.read_bytes()
    assert report["output"] == str(target)
    assert report["codec"] == ("h264" if codec == "h264" else "h265")
    assert report["frames_processed"] == 50
    assert (report["width"], report["height"]) == (320, 240)
    assert report["keyframes"] == 2
    assert report["dropped_frames"] == 0
    assert report["skipped_frames"] == WARM_UP


def test_a_limit_in_seconds_counts_from_the_first_key_frame(run, encode, coded_host, socket_path,
                                                            tmp_path):
    whole = encode("long.h264", "-g", "25")
    late = tmp_path / "late.h264"
    data = whole.read_bytes()
    late.write_bytes(data[re.search(rb"\x00\x00\x01[\x41\x61]", data).start():])
    coded_host(late, whole, fps=25)
    report = recorded(run("record", tmp_path / "out.mp4", "--ipc", socket_path, "--duration", 1,
                          "--json"))
    assert report["frames_processed"] == 25
    assert report["recorded_ms"] == pytest.approx(1000, abs=50)
    assert report["skipped_frames"] == WARM_UP + 24


def test_a_coded_stream_of_ours_has_a_key_frame_for_who_joins(run, start, socket_path, tmp_path):
    host = start("stream", socket_path, "--source", "test", "-r", "320x240", "-F", "30", "--encode")
    wait_until(lambda: socket_path.exists() or host.process.poll() is not None, "the socket")
    for _ in range(3):
        report = recorded(run("record", tmp_path / "out.mp4", "--ipc", socket_path, "-f", 40,
                              "--json"))
        assert report["skipped_frames"] <= 10  # of the 1.3 s since it was asked for one before
    assert host.stop() == 0


def test_another_codec_than_was_asked_for_is_told(run, encode, coded_host, socket_path, tmp_path):
    coded_host(*[encode("plain.h264")] * 100)  # until the second recorder has joined, and longer
    target = tmp_path / "out.h265"
    refused = run("record", target, "--ipc", socket_path, "--codec", "h265")
    assert refused.returncode == 2
    assert "frames come as H.264" in refused.stderr
    assert not target.exists()
    warned = run("record", target, "--ipc", socket_path, "--frames", 5)
    assert warned.returncode == 0
    assert warned.stderr.count("frames come as H.264, which players expect in") == 1


@pytest.mark.parametrize("name, codec", [("b.h264", "h264"), ("b.h265", "hevc")])
@pytest.mark.parametrize("more", [(), ("--faststart",)])
def test_a_movie_has_the_pictures_in_order_at_their_times(run, encode, coded_host, socket_path,
                                                          tmp_path, name, codec, more):
    source = encode(name, "-preset", "fast", "-bf", "3", "-g", "20")
    coded_host(source, fps=100)
    movie = tmp_path / "out.mp4"
    recorded(run("record", movie, "--ipc", socket_path, "-f", 50, "-F", 100, "--json", *more))
    seen = Movie(movie)
    assert (seen.codec, seen.size, seen.frames) == (codec, (320, 240), 50)
    assert seen.rate == "100/1"
    assert seen.duration_s == pytest.approx(0.5, abs=1e-3)
    assert seen.is_in_order() and seen.starts_at_key
    assert complaints(movie) == ""
    assert picture_sums(movie) == picture_sums(source)
    assert (b"moof" in movie.read_bytes()) == (not more)


def test_after_a_loss_it_goes_on_at_a_key_frame(start, encode, coded_host, socket_path, tmp_path):
    host = coded_host(*[encode("plain.h264", "-g", "25")] * 40)
    movie = tmp_path / "out.mp4"
    recording = start("record", movie, "--ipc", socket_path, "--json", "-f", 60, "--timeout", 60)
    wait_until(lambda: movie.exists() and movie.stat().st_size > 0, "the first pictures")
    recording.process.send_signal(signal.SIGSTOP)
    published = len(host.lines)
    wait_until(lambda: len(host.lines) >= published + 4, "frames that are gone unseen")
    recording.process.send_signal(signal.SIGCONT)
    assert recording.wait() == 0
    report = json.loads(recording.stdout)
    assert report["dropped_frames"] > 0
    assert "frames missed" in recording.stderr
    seen = Movie(movie)
    assert report["frames_processed"] == seen.frames == 60
    assert seen.is_in_order() and complaints(movie) == ""


def test_other_sizes_begin_another_file(run, encode, coded_host, socket_path, tmp_path):
    small, large = encode("plain.h264", "-g", "25"), encode("large.h264", size="640x480")
    coded_host(small, large)
    report = recorded(run("record", tmp_path / "out.mp4", "--ipc", socket_path, "-f", 100,
                          "--json"))
    assert report["files"] == [str(tmp_path / "out.mp4"), str(tmp_path / "out-00002.mp4")]
    assert [Movie(path).size for path in report["files"]] == [(320, 240), (640, 480)]
    assert [Movie(path).frames for path in report["files"]] == [50, 50]
    assert all(complaints(path) == "" for path in report["files"])


def test_segments_play_each_for_itself(run, encode, coded_host, socket_path, tmp_path):
    source = encode("many.h264", "-g", "10")
    coded_host(source, fps=100)
    report = recorded(run("record", tmp_path / "out.mp4", "--ipc", socket_path, "-f", 50, "--json",
                          "--segment-time", "0.15"))
    assert [Movie(path).frames for path in report["files"]] == [20, 20, 10]
    assert all(complaints(path) == "" for path in report["files"])


def test_it_goes_on_when_the_host_is_restarted(start, encode, coded_host, socket_path, tmp_path):
    source = encode("plain.h264", "-g", "25")
    first = coded_host(source)
    movie = tmp_path / "out.mp4"
    recording = start("record", movie, "--ipc", socket_path, "--json", "-f", 100, "--timeout", 60)
    wait_until(lambda: first.lines, "the first host's frames")
    wait_until(lambda: movie.exists() and movie.stat().st_size > 0, "the file")
    first.process.kill()
    first.wait()
    coded_host(source, source)
    assert recording.wait() == 0, recording.stderr
    assert "the host was restarted" in recording.stderr
    seen = Movie(movie)
    assert seen.frames == 100 and seen.is_in_order()
    assert complaints(movie) == ""


def test_a_host_that_stays_away_ends_it_and_the_file_is_whole(run, encode, coded_host, socket_path,
                                                              tmp_path):
    coded_host(encode("plain.h264", "-g", "25"))
    movie = tmp_path / "out.mp4"
    result = run("record", movie, "--ipc", socket_path, "--json", "--timeout", 1)
    assert result.returncode == 6
    assert "Timeout: no frame within 1.0 seconds" in result.stderr
    assert json.loads(result.stdout)["error"]["class"] == "timeout"
    assert Movie(movie).frames == 50 and complaints(movie) == ""


def test_what_is_no_video_is_told_and_leaves_no_file(run, coded_host, socket_path, tmp_path):
    coded_host("rubbish")
    result = run("record", tmp_path / "out.mp4", "--ipc", socket_path, "--duration", 1)
    assert result.returncode == 1
    assert "no key frame was among 6 coded frames" in result.stderr
    assert not (tmp_path / "out.mp4").exists()


def test_without_a_host_it_says_so_in_time(run, start, tmp_path):
    result = run("record", tmp_path / "out.mp4", "--ipc", tmp_path / "none", "--timeout", "0.2")
    assert result.returncode == 5
    assert result.stderr.startswith("Socket error: ")
    waiting = start("record", tmp_path / "out.mp4", "--ipc", tmp_path / "none", "--timeout", 60)
    wait_until((tmp_path / "out.mp4").exists, "the file")
    assert waiting.stop(signal.SIGTERM) == 0
    assert not (tmp_path / "out.mp4").exists()
